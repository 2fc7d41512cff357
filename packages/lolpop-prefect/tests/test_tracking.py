"""`lolpop run workflow` shows on Prefect what it calls, and nothing of what it hands over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
import yaml

from lolpop.execution.processes import environment_of
from lolpop.testing import Command

SOURCE = """
import lolpop


class Metrics(lolpop.Component):
    def score(self, value):
        return len(str(value))


class Train(lolpop.Pipeline):
    metrics: Metrics

    def fit(self, value):
        print("fitting")
        return self.metrics.score(value) + self.metrics.score(value)

    async def later(self, value):
        return value

    def pieces(self):
        yield 1
        yield 2

    def fail(self):
        raise ValueError("it is broken")


class Birds(lolpop.Runner):
    train: Train

    def build(self, value="SECRET-VALUE"):
        return self.train.fit(value)

    def both(self):
        return self.train.fit("a"), list(self.train.pieces())

    def fail(self):
        self.train.fail()

    async def wait(self):
        return await self.train.later(3)
"""


@pytest.fixture
def birds(engine: Any, tmp_path: Path) -> Path:
    (tmp_path / "birds.py").write_text(SOURCE)
    configure(tmp_path, {"api_url": engine.url, "auth_string": "${env:TEST_AUTH}"})
    return tmp_path


def configure(folder: Path, config: Mapping[str, Any]) -> None:
    settings = {
        "modules": ["birds"],
        "runner": "Birds",
        "pipelines": {"train": "Train"},
        "components": {"metrics": "Metrics"},
        "decorators": {"orchestrator": "PrefectOrchestrator"},
        "orchestrator": {"config": dict(config)},
    }
    (folder / "lolpop.yaml").write_text(yaml.safe_dump(settings))


def run(engine: Any, folder: Path, method: str, code: int = 0) -> str:
    return ran(folder, method, {"TEST_AUTH": engine.environment["PREFECT_API_AUTH_STRING"]}, code)


def ran(folder: Path, method: str, variables: Mapping[str, str], code: int = 0) -> str:
    command = Command(folder, variables=variables, hidden="PREFECT_API")
    done = command.call("run", "workflow", "-e", method, "--output", "json")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def newest(engine: Any, flow: str) -> tuple[Any, list[Any]]:
    """Give the newest run of a flow, and its tasks in the order of their starts."""
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.filters import (
        FlowFilter,
        FlowFilterName,
        FlowRunFilter,
        FlowRunFilterId,
    )
    from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort

    auth = engine.environment["PREFECT_API_AUTH_STRING"]
    with SyncPrefectClient(engine.url, auth_string=auth) as client:
        (found,) = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            sort=FlowRunSort.START_TIME_DESC,
            limit=1,
        )
        ours = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(str(found.id))]))
        tasks = client.read_task_runs(
            flow_run_filter=ours, sort=TaskRunSort.EXPECTED_START_TIME_ASC
        )
    return found, tasks


def test_one_flow_run_with_everything_beneath_it_as_tasks(engine: Any, birds: Path) -> None:
    run(engine, birds, "build")
    flow_run, tasks = newest(engine, "Birds.build")
    assert flow_run.state_name == "Completed"
    assert [task.name for task in tasks] == ["train.fit", "metrics.score", "metrics.score[2]"]
    assert {task.state_name for task in tasks} == {"Completed"}
    (parent,) = tasks[1].task_inputs["__parents__"]
    assert parent.id == tasks[0].id


def test_arguments_never_travel(engine: Any, birds: Path) -> None:
    run(engine, birds, "build")
    flow_run, tasks = newest(engine, "Birds.build")
    said = json.dumps(
        [flow_run.model_dump(mode="json"), *[t.model_dump(mode="json") for t in tasks]]
    )
    assert flow_run.parameters == {}
    assert "SECRET-VALUE" not in said


def test_generators_and_coroutines(engine: Any, birds: Path) -> None:
    said = json.loads(run(engine, birds, "both"))
    assert said["result"] == [2, [1, 2]]
    run(engine, birds, "wait")
    _, tasks = newest(engine, "Birds.wait")
    assert [task.name for task in tasks] == ["train.later"]


def test_errors_are_the_workflows_own(engine: Any, birds: Path) -> None:
    said = json.loads(run(engine, birds, "fail", code=1))
    assert said["error"]["message"] == "Birds.fail failed: ValueError: it is broken"
    flow_run, (task,) = newest(engine, "Birds.fail")
    assert (flow_run.state_name, task.state_name) == ("Failed", "Failed")
    assert task.state.message == "Task run encountered an exception ValueError: it is broken"


def test_a_server_that_is_away_is_said_before_anything_runs(engine: Any, birds: Path) -> None:
    url = "http://127.0.0.1:9/api"
    configure(birds, {"api_url": url})
    said = json.loads(run(engine, birds, "build", code=4))
    assert said["error"]["message"] == (
        f"Prefect doesn't answer at {url!r}: [Errno 111] Connection refused"
    )


def test_without_a_server_prefect_starts_one_for_the_run_alone(tmp_path: Path) -> None:
    (tmp_path / "birds.py").write_text(SOURCE)
    configure(tmp_path, {})
    home = tmp_path / "home"
    home.mkdir()
    patience = {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120"}
    said = ran(tmp_path, "build", {"PREFECT_HOME": str(home), **patience})
    assert json.loads(said)["result"] == 24
    with closing(sqlite3.connect(home / "prefect.db")) as kept:
        assert [*kept.execute("SELECT name FROM flow")] == [("Birds.build",)]
        assert [*kept.execute("SELECT state_name FROM flow_run")] == [("Completed",)]
        assert [*kept.execute("SELECT name, state_name FROM task_run ORDER BY start_time")] == [
            ("train.fit", "Completed"),
            ("metrics.score", "Completed"),
            ("metrics.score[2]", "Completed"),
        ]
    entry = f"PREFECT_HOME={home}".encode()
    assert [pid for pid in psutil.pids() if entry in environment_of(pid)] == []


def test_an_argument_that_prefect_does_not_know(engine: Any, birds: Path) -> None:
    configure(birds, {"api_url": engine.url, "task_kwargs": {"retry": 3}})
    said = json.loads(run(engine, birds, "build", code=2))
    assert said["error"]["message"] == "task_kwargs: Prefect's Task takes no 'retry'"
    assert said["error"]["hint"] == "did you mean 'retries'?"


def test_an_argument_that_lolpop_sets_itself(engine: Any, birds: Path) -> None:
    configure(birds, {"api_url": engine.url, "task_kwargs": {"task_run_name": "mine"}})
    said = json.loads(run(engine, birds, "build", code=2))
    assert said["error"]["message"] == "task_kwargs: lolpop sets 'task_run_name' itself"
    assert said["error"]["hint"] == "leave it out"


def test_wrong_credentials_are_said_before_anything_runs(engine: Any, birds: Path) -> None:
    configure(birds, {"api_url": engine.url, "auth_string": "nobody:knows"})
    said = json.loads(run(engine, birds, "build", code=4))
    assert said["error"]["message"] == f"Prefect at {engine.url!r} refuses the credentials (401)"
