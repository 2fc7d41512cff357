"""`DagsterOrchestrator` is held to every rule, on a real webserver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from lolpop.contract import Deployment, RunRef
from lolpop.testing import Harness, OrchestratorSuite

_LAUNCH = """
mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } } }
"""
_AGAIN = """
mutation($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } } }
"""
_OPS = """
query($run: ID!) { runOrError(runId: $run) { ... on Run {
  stepStats { stepKey } executionPlan { steps { key metadata { key value } } }
  solidSelection pipeline { ... on PipelineSnapshot { solidHandles(parentHandleID: null) {
    handleID solid { definition { metadata { key value } } } } } } } } }
"""
_LOGS = """
query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  __typename ... on MessageEvent { message stepKey }
  ... on ExecutionStepFailureEvent { failureMetadata { description } } } } } }
"""
_JOBS = """
{ repositoriesOrError { ... on RepositoryConnection { nodes { pipelines { name } } } } }
"""


class DagsterHarness(Harness):
    """Looks at Dagster through plain requests, and not through the plugin."""

    patience = 120.0
    disposable = True  # the folder that it runs in goes with it

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.config = engine.config
        self.folders = [engine.folder]

    def start_run(self, deployment: Deployment, parameters: Mapping[str, Any]) -> str:
        selector = {
            "repositoryLocationName": "lolpop",
            "repositoryName": "__repository__",
            "pipelineName": deployment.engine_id,
        }
        config = {"resources": {"parameters": {"config": dict(parameters)}}}
        params = {"selector": selector, "runConfigData": config}
        answer = self.engine.ask(_LAUNCH, params=params)["launchRun"]
        return str(answer["run"]["runId"])

    def rerun_failed(self, ref: RunRef) -> str:
        params = {"parentRunId": ref.run_id, "strategy": "FROM_FAILURE"}
        answer = self.engine.ask(_AGAIN, params=params)["launchRunReexecution"]
        return str(answer["run"]["runId"])

    def units(self, ref: RunRef) -> list[str]:
        return list(self.keys(ref))

    def keys(self, ref: RunRef) -> dict[str, str]:
        """Give the keys of a run's ops by what their tags say they are."""
        run = self.engine.ask(_OPS, run=ref.run_id)["runOrError"]
        handles = run["pipeline"]["solidHandles"]
        tags = {
            handle["handleID"]: {
                each["key"]: each["value"] for each in handle["solid"]["definition"]["metadata"]
            }
            for handle in handles
        }
        keys = [each["stepKey"] for each in run["stepStats"]]
        return {tags[key]["lolpop/step"]: key for key in keys}

    def log(self, ref: RunRef, step: str) -> str:
        key = self.keys(ref)[step]
        found = self.engine.ask(_LOGS, run=ref.run_id)["logsForRun"]["events"]
        return "\n".join(
            (event.get("failureMetadata") or {}).get("description") or event["message"]
            for event in found
            if event.get("stepKey") == key
            and event["__typename"] in ("LogMessageEvent", "ExecutionStepFailureEvent")
        )

    def leftovers(self, deployment: Deployment) -> list[str]:
        nodes = self.engine.ask(_JOBS)["repositoriesOrError"]["nodes"]
        jobs = [job["name"] for node in nodes for job in node["pipelines"]]
        files = [path.name for path in self.engine.folder.rglob(f"{deployment.engine_id}*")]
        return files + [name for name in jobs if name == deployment.engine_id]

    @contextmanager
    def away(self) -> Iterator[None]:
        self.engine.stop("webserver")
        try:
            yield
        finally:
            self.engine.start_webserver()

    def wrong_credentials(self) -> Mapping[str, Any] | None:
        return None  # Dagster asks for none; a proxy before it may, which test_trouble tries


@pytest.fixture(scope="class")
def lolpop_harness(engine: Any) -> DagsterHarness:
    return DagsterHarness(engine)


class TestDagster(OrchestratorSuite):
    orchestrator = "DagsterOrchestrator"
