"""`PrefectOrchestrator` is held to every rule, on a real server with a process worker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from lolpop.contract import Deployment, RunRef
from lolpop.testing import Harness, OrchestratorSuite

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class PrefectHarness(Harness):
    """Looks at Prefect through its own client, and not through the plugin."""

    patience = 120.0
    disposable = True  # the folder that it runs in goes with it

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.config = engine.config

    @contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        from prefect.client.orchestration import SyncPrefectClient

        with SyncPrefectClient(self.engine.url, auth_string=self.config["auth_string"]) as client:
            yield client

    def start_run(self, deployment: Deployment, parameters: Mapping[str, Any]) -> str:
        name = f"{deployment.name}/{deployment.name}"
        said = self.engine.prefect("deployment", "run", name, "--params", json.dumps(parameters))
        found = _ID.search(said)
        assert found, said
        return found.group()

    def rerun_failed(self, ref: RunRef) -> str:
        from prefect.states import AwaitingRetry

        with self.client() as client:
            client.set_flow_run_state(ref.run_id, AwaitingRetry(message="Retry from the UI"))
        return ref.run_id

    def units(self, ref: RunRef) -> list[str]:
        return [task.name for task in self.tasks(ref)]

    def tasks(self, ref: RunRef) -> list[Any]:
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

        run = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(ref.run_id)]))
        with self.client() as client:
            return client.read_task_runs(flow_run_filter=run)

    def log(self, ref: RunRef, step: str) -> str:
        from prefect.client.schemas.filters import LogFilter, LogFilterTaskRunId

        ids = [task.id for task in self.tasks(ref) if task.name == step]
        with self.client() as client:
            found = client.read_logs(LogFilter(task_run_id=LogFilterTaskRunId(any_=ids)))
        return "\n".join(line.message for line in found)

    def leftovers(self, deployment: Deployment) -> list[str]:
        from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

        named = DeploymentFilter(name=DeploymentFilterName(any_=[deployment.name]))
        with self.client() as client:
            return [each.name for each in client.read_deployments(deployment_filter=named)]

    @contextmanager
    def away(self) -> Iterator[None]:
        self.engine.stop("server")
        try:
            yield
        finally:
            self.engine.start_server()
            if self.engine.processes["worker"].poll() is not None:
                self.engine.start_worker()

    def wrong_credentials(self) -> Mapping[str, Any]:
        return {**self.config, "auth_string": "nobody:knows"}


@pytest.fixture(scope="class")
def lolpop_harness(engine: Any) -> PrefectHarness:
    return PrefectHarness(engine)


class TestPrefect(OrchestratorSuite):
    orchestrator = "PrefectOrchestrator"
