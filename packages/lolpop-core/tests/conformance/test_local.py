"""`LocalOrchestrator` is held to every rule."""

from __future__ import annotations

import pytest

from lolpop.contract import Deployment, RunRef
from lolpop.local import LocalOrchestrator
from lolpop.storage import Store
from lolpop.storage.records import Runs
from lolpop.testing import Harness, OrchestratorSuite


class LocalHarness(Harness):
    """There is no service: what the embedded engine has is its index and the records."""

    def units(self, ref: RunRef) -> list[str]:
        record = Runs(Store(self.storage)).find(ref)
        return [step.name for step in record.steps()] if record else []

    def leftovers(self, deployment: Deployment) -> list[str]:
        engine = LocalOrchestrator.__new__(LocalOrchestrator)
        engine.__dict__["storage"] = deployment.storage
        runs = [row.id for row in engine.index.runs(deployment.name)]
        return runs + [deployment.name] * bool(engine.index.deployment(deployment.name))


@pytest.fixture(scope="class")
def lolpop_harness() -> LocalHarness:
    return LocalHarness()


class TestLocal(OrchestratorSuite):
    orchestrator = "LocalOrchestrator"
