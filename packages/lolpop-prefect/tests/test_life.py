"""Deployments on a real server, beyond what the rules ask of every orchestrator."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from lolpop.execution.processes import lives

if TYPE_CHECKING:
    from prefect_project import Birds


def error(said: Mapping[str, Any]) -> tuple[str, str]:
    return said["error"]["message"], said["error"]["hint"]


def test_a_work_pool_that_is_missing_is_refused(birds: Birds) -> None:
    birds.configure(work_pool="no such pool")
    assert error(birds.json("deployment", "build", code=3)) == (
        f"deployment {birds.name!r} is refused: Prefect has no work pool 'no such pool'",
        "prefect work-pool create 'no such pool' --type process; or say create_work_pool: true in"
        " the orchestrator's config",
    )


def test_deployments_and_runs_have_pages(birds: Birds) -> None:
    base = birds.engine.url.removesuffix("/api")
    built = birds.json("deployment", "build")["deployment"]
    assert built["url"] == f"{base}/deployments/deployment/{birds.there().id}"
    assert str(birds.there().description).endswith(f" of {built['project']}, deployed by lolpop")
    run = birds.json("deployment", "run")
    run_id = run["ref"]["run_id"]
    assert run["url"] == f"{base}/runs/flow-run/{run_id}"
    status = birds.until(
        lambda: birds.json("deployment", "status"), lambda said: said["run"]["state"] == "succeeded"
    )
    tasks = {step["url"] for step in status["steps"]}
    assert len(tasks) == len(status["steps"])
    assert all(task.startswith(f"{base}/runs/task-run/") for task in tasks)


def test_names_that_prefect_does_not_take_are_refused(birds: Birds) -> None:
    said = birds.json("deployment", "build", "-n", "a/b", code=3)
    assert error(said) == (
        "deployment 'a/b' is refused: Prefect can't name a deployment 'a/b'",
        "choose a name with -n, without any of / % & < >",
    )


def test_somebody_elses_deployment_is_left_alone(birds: Birds) -> None:
    with birds.client() as client:
        flow = client.create_flow_from_name(birds.name)
        made = client.create_deployment(flow_id=flow, name=birds.name, entrypoint="theirs.py:flow")
        said = birds.json("deployment", "build", code=3)
        assert client.read_deployment(made).entrypoint == "theirs.py:flow"
        client.delete_deployment(made)
    assert error(said) == (
        f"deployment {birds.name!r} is refused: Prefect has a deployment {birds.name!r} that"
        " lolpop didn't make",
        "choose another name with -n",
    )


def test_a_pool_without_a_worker_is_told_and_its_run_can_be_stopped(birds: Birds) -> None:
    birds.configure(work_pool="nobody", create_work_pool=True)
    birds.json("deployment", "build")
    run = birds.json("deployment", "run")["ref"]["run_id"]
    said = birds.until(lambda: birds.json("deployment", "status")["message"])
    assert said == (
        "no worker takes runs from work pool 'nobody': start one with"
        " `prefect worker start --pool nobody`"
    )
    stopped = birds.json("deployment", "stop")
    assert [each["run_id"] for each in stopped["ended"]] == [run]


def test_calls_beneath_a_step_show_as_tasks_if_asked(birds: Birds) -> None:
    birds.configure(nested_tasks=True)
    birds.json("deployment", "build")
    run = birds.json("deployment", "run", "--wait")["run"]["ref"]["run_id"]
    tasks = {task.name: task for task in birds.until(lambda: _two_tasks(birds, run))}
    (parent,) = tasks["metrics.score"].task_inputs["__parents__"]
    assert parent.id == tasks["train.fit"].id
    assert "scoring" in birds.said("deployment", "logs")

    birds.configure(nested_tasks=True, task_integration=["pipeline"])
    plan = birds.json("deployment", "build")["plan"]
    assert [each["kind"] for each in plan["actions"]] == ["update"]
    run = birds.json("deployment", "run", "--wait")["run"]["ref"]["run_id"]
    assert [task.name for task in _tasks(birds, run)] == ["train.fit"]


def _two_tasks(birds: Birds, run: str) -> list[Any] | None:
    found = _tasks(birds, run)
    return found if len(found) == 2 and all(task.end_time for task in found) else None


def _tasks(birds: Birds, run: str) -> list[Any]:
    from uuid import UUID

    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    with birds.client() as client:
        ours = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run)]))
        return client.read_task_runs(flow_run_filter=ours)


def test_a_step_may_run_in_an_environment_of_the_packages_own(birds: Birds) -> None:
    (birds.folder / "requirements.txt").write_text("")
    birds.settings["package"] = {"environment": "venv", "requirements": "requirements.txt"}
    birds.configure()
    birds.json("deployment", "build", "-e", "where")
    run = birds.json("deployment", "run", "--wait")["run"]
    assert run["state"] == "succeeded"
    found = birds.json("runs", "get", run["ref"]["run_id"], "train.interpreter")
    assert Path(found["value"]).parent == birds.folder / ".lolpop" / "environments"


def test_a_killed_flow_leaves_a_step_that_a_stop_ends(birds: Birds, tmp_path: Path) -> None:
    birds.json("deployment", "build")
    witness = tmp_path / "witness"
    run = birds.json("deployment", "run", "--param", f"witness={witness}")["ref"]["run_id"]
    step = int(birds.until(lambda: witness.exists() and witness.read_text()))
    os.kill(_flow_process(run).pid, signal.SIGKILL)
    birds.until(lambda: _state(birds) == "crashed")
    assert lives(step)
    birds.json("deployment", "stop")
    assert not lives(step)


def _flow_process(run: str) -> psutil.Process:
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("PREFECT__FLOW_RUN_ID") == run
            if ours and "prefect.engine" in process.cmdline():
                return process
        except psutil.Error:
            continue
    raise AssertionError(f"no process of run {run}")


def _state(birds: Birds) -> str:
    return str(birds.json("deployment", "status")["run"]["state"])
