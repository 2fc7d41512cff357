"""What people do on Prefect's page, and what its server does by itself: noticed, and coped with."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from pathlib import Path

    from prefect_project import Birds

YEARLY = {"cron": "0 0 1 1 *", "timezone": "UTC"}
NOBODY = {"work_pool": "nobody", "create_work_pool": True}


def missed(birds: Birds) -> None:
    """Let the schedule have runs whose time has passed, as if no worker had been there."""
    now = datetime.now(UTC)
    window = {"start_time": now - timedelta(days=3 * 365 + 1), "end_time": now}
    given = {key: time.isoformat() for key, time in window.items()}
    with birds.client() as client:
        path = {"id": birds.there().id}
        client.request("POST", "/deployments/{id}/schedule", path_params=path, json=given)


def past(birds: Birds) -> list[Any]:
    """Give the runs whose time has come."""
    now = datetime.now(UTC)
    return [run for run in birds.runs_there() if run.expected_start_time < now]


def test_runs_that_wait_for_a_slot_are_active_and_are_ended(birds: Birds, tmp_path: Path) -> None:
    birds.deploy(schedule=YEARLY, concurrency=1, overlap="queue")
    first = birds.start(witness=tmp_path / "witness")
    birds.until((tmp_path / "witness").exists)
    missed(birds)
    birds.until(
        lambda: [run.state_name for run in past(birds)].count("AwaitingConcurrencySlot") > 2
    )
    ended = birds.json("deployment", "stop")["ended"]
    assert {each["run_id"] for each in ended} == {str(run.id) for run in past(birds)}
    assert first in {each["run_id"] for each in ended}
    assert {run.state_name for run in birds.runs_there()} == {"Cancelled"}


def test_the_oldest_of_missed_runs_starts_where_the_limit_cancelled_the_others(
    birds: Birds,
) -> None:
    birds.deploy(schedule=YEARLY, concurrency=1)
    missed(birds)
    found = birds.until(
        lambda: past(birds), lambda runs: runs and all(run.state.is_final() for run in runs)
    )
    messages = sorted(str(run.state.message) for run in found)
    limited = ["Deployment concurrency limit reached."] * (len(found) - 1)
    assert messages == ["All steps succeeded.", *limited]


def test_a_cancelled_run_tries_no_step_again(birds: Birds, tmp_path: Path) -> None:
    from prefect.states import Cancelling

    birds.settings |= {"order": "data", "steps": {"train.fit": {"retries": 3}}}
    birds.deploy()
    run = birds.start(witness=tmp_path / "witness")
    birds.until((tmp_path / "witness").exists)
    with birds.client() as client:
        client.set_flow_run_state(UUID(run), Cancelling())
        birds.until(lambda: client.read_flow_run(UUID(run)).state.is_final())
    assert len([*birds.folder.rglob("claim.json")]) == 1


def test_a_schedule_that_prefect_does_not_take_is_refused_before_anything_is_made(
    birds: Birds,
) -> None:
    birds.settings["deployment"]["schedule"] = {"cron": "*/0 6 * * *"}
    birds.configure(work_pool="unmade", create_work_pool=True)
    said = birds.json("deployment", "build", code=3)["error"]
    # The core may have refused it for a reason of its own as well.
    assert "deployment.schedule: Prefect doesn't take '*/0 6 * * *' in 'UTC'" in said["message"]
    assert "see that every field lies in its range: '0 6 * * *' is every day at six" in said["hint"]
    with birds.client() as client:
        assert "unmade" not in [pool.name for pool in client.read_work_pools()]


def test_what_was_changed_on_the_page_is_told_and_put_right(birds: Birds) -> None:
    birds.deploy(schedule=YEARLY, concurrency=2, parameters={"seed": 3})
    assert birds.json("deployment", "plan")["actions"] == []
    there = birds.there()
    with birds.client() as client:
        client.delete_deployment_schedule(there.id, there.schedules[0].id)
        changed = {"parameters": {"seed": 4}, "concurrency_limit": 5, "job_variables": {}}
        client.request("PATCH", "/deployments/{id}", path_params={"id": there.id}, json=changed)
    assert birds.json("deployment", "run", code=3)["error"] == {
        "type": "ContractError",
        "message": f"the job variables of Prefect's deployment {birds.name!r} have lost"
        " LOLPOP_DEPLOYMENT",
        "hint": "`lolpop deployment build` sets it again",
    }
    assert birds.json("deployment", "stop")["ended"] == []
    (action,) = birds.json("deployment", "build")["plan"]["actions"]
    assert (action["kind"], action["detail"]) == (
        "update",
        "differs in parameters, job variables, concurrency limit, schedule",
    )
    assert birds.json("deployment", "plan")["actions"] == []


def test_each_run_is_ended_by_itself(birds: Birds) -> None:
    from prefect.states import Crashed

    from lolpop_prefect.registry import pointer_of
    from lolpop_prefect.stopping import Stopping

    birds.deploy(NOBODY)
    crashed, deleted, queued = birds.start(), birds.start(), birds.start()
    (record,) = [file for file in birds.folder.rglob("run.json") if crashed in file.parts]
    record.write_text("{")
    with birds.client() as client:
        client.set_flow_run_state(UUID(crashed), Crashed(), force=True)
        runs = [client.read_flow_run(UUID(run)) for run in (crashed, deleted, queued)]
        client.delete_flow_run(UUID(deleted))
        stopping = Stopping(client, birds.name, pointer_of(birds.there()), 10)
        ended, left = stopping.stop([run for run in runs if stopping.is_alive(run)])
    assert ([ref.run_id for ref in ended], left) == ([deleted, queued], [])


def test_a_deployment_whose_storage_is_gone_can_be_removed(birds: Birds) -> None:
    birds.deploy(NOBODY)
    run = birds.start()
    shutil.rmtree(birds.folder / ".lolpop")
    removed = birds.json("deployment", "remove")
    assert [each["run_id"] for each in removed["ended"]] == [run]
    with birds.client() as client:
        assert client.read_flow_run(UUID(run)).state_name == "Cancelled"
