"""`AirflowOrchestrator` is held to every rule, on a real Airflow that has nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from lolpop.contract import Deployment, RunRef
from lolpop.testing import Harness, OrchestratorSuite


class AirflowHarness(Harness):
    """Looks at Airflow through plain requests, and not through the plugin."""

    patience = 120.0
    settling = 6.0
    disposable = True  # the folder that it runs in goes with it

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.folders = [engine.dags]
        self.config = engine.config
        self.dags: dict[str, str] = {}

    def dag_of(self, name: str) -> str:
        if name not in self.dags:
            found = self.engine.ask("GET", "/dags?limit=1000&exclude_stale=false")["dags"]
            self.dags |= {dag["dag_display_name"]: dag["dag_id"] for dag in found}
        return self.dags[name]

    def run_of(self, ref: RunRef) -> str:
        return f"/dags/{self.dag_of(ref.deployment)}/dagRuns/{quote(ref.run_id)}"

    def start_run(self, deployment: Deployment, parameters: Mapping[str, Any]) -> str:
        body = {"conf": dict(parameters), "logical_date": None}
        path = f"/dags/{deployment.engine_id}/dagRuns"
        return str(self.engine.ask("POST", path, body)["dag_run_id"])

    def rerun_failed(self, ref: RunRef) -> str:
        body = {"dry_run": False, "only_failed": True}
        self.engine.ask("POST", f"{self.run_of(ref)}/clear", body)
        return ref.run_id

    def tasks(self, ref: RunRef) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.engine.ask("GET", f"{self.run_of(ref)}/taskInstances")[
            "task_instances"
        ]
        return found

    def units(self, ref: RunRef) -> list[str]:
        return [task["task_display_name"] for task in self.tasks(ref)]

    def log(self, ref: RunRef, step: str) -> str:
        task = next(task for task in self.tasks(ref) if task["task_display_name"] == step)
        path = f"{self.run_of(ref)}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
        found = self.engine.ask("GET", f"{path}?full_content=true")["content"]
        return "\n".join(entry["event"] for entry in found)

    def leftovers(self, deployment: Deployment) -> list[str]:
        dag = self.engine.ask("GET", f"/dags/{deployment.engine_id}")
        files = [path.name for path in self.engine.dags.glob(f"*{deployment.engine_id}*.py*")]
        return files + ([dag["dag_id"]] if dag else [])

    @contextmanager
    def away(self) -> Iterator[None]:
        self.engine.stop("api-server")
        try:
            yield
        finally:
            self.engine.start_one("api-server")
            self.engine.wait(lambda: self.engine.health("scheduler") == "healthy")

    def wrong_credentials(self) -> Mapping[str, Any]:
        return {**self.config, "password": "not this one"}


@pytest.fixture(scope="class")
def lolpop_harness(engine: Any) -> AirflowHarness:
    return AirflowHarness(engine)


class TestAirflow(OrchestratorSuite):
    orchestrator = "AirflowOrchestrator"
