"""`LocalOrchestrator` is held to every rule."""

from __future__ import annotations

import pytest
from mutants.engine import LocalHarness

from lolpop.testing import OrchestratorSuite


@pytest.fixture(scope="class")
def lolpop_harness(tmp_path_factory: pytest.TempPathFactory) -> LocalHarness:
    return LocalHarness("LocalOrchestrator", tmp_path_factory.mktemp("local"))


class TestLocal(OrchestratorSuite):
    orchestrator = "LocalOrchestrator"
