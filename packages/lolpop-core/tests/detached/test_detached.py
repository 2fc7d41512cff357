"""Runs as processes of this host: made, seen, stopped, and told truthfully when they die."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import RunRef, RunState, StepState
from lolpop.errors import NotFoundError

STEPS = ["work.first", "work.second", "work.third"]


def test_a_run_makes_its_steps_in_order(flow: Any) -> None:
    run = flow.start()
    assert run.state is RunState.RUNNING
    assert flow.ended(run) == ("succeeded", None)
    assert flow.notes == ["first as deployed", "second", "third"]
    assert [step.name for step in flow.engine.record(run.ref).steps()] == STEPS


def test_a_runs_own_parameters_are_laid_over_the_deployments(flow: Any) -> None:
    run = flow.start('{{ "it" }}\né')
    flow.ended(run)
    assert flow.notes[0] == 'first {{ "it" }}'
    assert flow.engine.record(run.ref).parameters == {"how": '{{ "it" }}\né'}


def test_nothing_after_a_failed_step_runs(flow: Any) -> None:
    run = flow.start("fail")
    assert flow.ended(run) == ("failed", "work.second: ValueError: it is broken")
    assert flow.notes == ["first fail", "second"]


def test_a_steps_time_out_is_kept(flow: Any) -> None:
    run = flow.start("wait", timeout=0.5)
    error = "work.second: StepTimeout: work.second took longer than 0.5 s"
    assert flow.ended(run) == ("failed", error)


def test_the_same_id_starts_nothing_anew(flow: Any, processes: Any) -> None:
    run = flow.start("wait", key="only once")
    flow.until((flow.seen / "waiting").exists)
    assert flow.start("well", key="only once").ref == run.ref
    assert len(processes.walking()) == 1
    (flow.seen / "go").touch()
    assert flow.ended(run) == ("succeeded", None)
    assert flow.start(key="only once").state is RunState.SUCCEEDED
    assert flow.notes == ["first wait", "second", "third"]


def test_runs_are_listed_newest_first(flow: Any) -> None:
    first = flow.start()
    flow.ended(first)
    second = flow.waiting()
    assert [run.ref for run in flow.engine.runs("flow")] == [second.ref, first.ref]
    assert [run.ref for run in flow.engine.runs("flow", active=True)] == [second.ref]
    assert flow.engine.runs("other") == []


def test_a_stop_leaves_no_process_and_no_open_attempt(flow: Any, processes: Any) -> None:
    run = flow.waiting("stubborn")
    stopped = flow.engine.stop("flow", None, timeout=60)
    assert (stopped.ended, stopped.left) == ((run.ref,), ())
    assert processes.living() == []
    assert flow.ended(run) == ("cancelled", None)
    states = [step.state for step in flow.engine.record(run.ref).steps()]
    assert states == [StepState.SUCCEEDED, StepState.CANCELLED]


def test_a_stop_right_after_the_start_is_one_too(flow: Any, processes: Any) -> None:
    run = flow.start("wait")
    assert flow.engine.stop("flow", run.ref.run_id, timeout=60).ended == (run.ref,)
    assert processes.living() == []
    assert flow.state(run) is RunState.CANCELLED


def test_one_of_two_runs_is_stopped(flow: Any) -> None:
    first, second = flow.waiting(), flow.start("wait")
    assert flow.engine.stop("flow", second.ref.run_id, timeout=60).ended == (second.ref,)
    assert flow.state(first) is RunState.RUNNING


def test_what_is_over_is_left_as_it_is(flow: Any) -> None:
    run = flow.start()
    flow.ended(run)
    assert flow.engine.stop("flow", run.ref.run_id, timeout=60).ended == ()
    assert flow.engine.stop("flow", None, timeout=60).ended == ()
    assert flow.state(run) is RunState.SUCCEEDED


def test_a_run_whose_process_dies_has_crashed(flow: Any, processes: Any) -> None:
    run = flow.waiting()
    (process,) = processes.walking()
    process.kill()
    process.wait(60)
    assert flow.state(run) is RunState.RUNNING  # its step goes on
    (flow.seen / "go").touch()
    assert flow.ended(run) == ("crashed", None)
    assert flow.notes == ["first wait", "second"]


def test_a_run_whose_package_is_gone_says_so(flow: Any) -> None:
    flow.engine.store.delete(f"packages/{flow.package}.zip")
    state, error = flow.ended(flow.start())
    assert state == "crashed"
    assert error is not None
    assert error.startswith("NotFoundError: ")
    assert flow.package[:12] in error


def test_what_another_host_runs_is_not_judged_here(flow: Any) -> None:
    run = flow.waiting()
    (file,) = Path(flow.storage).rglob("detached.json")
    ours = flow.start("wait")
    began = json.loads(file.read_text())
    file.write_text(json.dumps({**began, "host": "elsewhere"}))
    status = flow.engine.status(run.ref)
    assert status.run.state is RunState.UNKNOWN
    assert status.message == "it was started on host 'elsewhere': ask there"
    stopped = flow.engine.stop("flow", None, timeout=60)
    assert stopped.ended == (ours.ref,)
    assert flow.state(ours) is RunState.CANCELLED
    assert stopped.left == (f"run {run.ref.run_id}: it was started on host 'elsewhere': ask there",)
    assert flow.engine.record(run.ref).ended is None


@pytest.mark.parametrize("verb", ["status", "stop"])
def test_a_run_that_is_not_there_is_not_found(flow: Any, verb: str) -> None:
    calls = {
        "status": lambda: flow.engine.status(RunRef("MineOrchestrator", "flow", "none")),
        "stop": lambda: flow.engine.stop("flow", "none", timeout=60),
    }
    with pytest.raises(NotFoundError) as caught:
        calls[verb]()
    assert caught.value.message == "deployment 'flow' has no run 'none'"
    assert caught.value.hint == "`lolpop runs list` shows all runs"
