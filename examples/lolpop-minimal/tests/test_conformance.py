"""The orchestrator is held to every rule of what it declares."""

from __future__ import annotations

import pytest

from lolpop.contract import Deployment, RunRef
from lolpop.storage import Store
from lolpop.storage.names import encoded
from lolpop.storage.records import Runs
from lolpop.testing import Harness, OrchestratorSuite


class MinimalHarness(Harness):
    """There is no service: all that the orchestrator keeps is in the storage."""

    def units(self, ref: RunRef) -> list[str]:
        record = Runs(Store(self.storage)).find(ref)
        return [step.name for step in record.steps()] if record else []

    def leftovers(self, deployment: Deployment) -> list[str]:
        key = f"minimal/{encoded(deployment.name)}"
        return [key] if Store(deployment.storage).exists(key) else []


@pytest.fixture(scope="class")
def lolpop_harness() -> MinimalHarness:
    return MinimalHarness()


class TestMinimal(OrchestratorSuite):
    orchestrator = "MinimalOrchestrator"
