from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lolpop.contract import RunState, RunStatus, StatusSource, StepState
from lolpop.contract import StepState as S

LATER = 60.0


def states(status: RunStatus) -> dict[str, StepState]:
    return {step.name: step.state for step in status.steps}


def test_a_run_that_ended_stands_as_it_ended(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make")
    past.fail(run, "work.do", "ValueError: no")
    run.end(RunState.FAILED, "work.do: ValueError: no")
    status = past.history.status(run)
    assert status.source is StatusSource.RECORDS
    assert (status.run.state, status.failed_step, status.error, status.message) == (
        RunState.FAILED,
        "work.do",
        "ValueError: no",
        None,
    )
    assert states(status) == {"work.make": S.SUCCEEDED, "work.do": S.FAILED, "work.end": S.SKIPPED}
    assert status.run.created_at == run.created_at
    assert status.run.started_at == status.steps[0].attempts[0].started_at
    assert status.run.ended_at == run.ended.at
    summary = past.history.summary(run)
    assert summary.steps == ()
    assert summary.error == "work.do: ValueError: no"
    assert replace(summary.run, started_at=status.run.started_at) == status.run


def test_all_steps_succeeding_is_an_end_though_nobody_recorded_it(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make", "work.do", "work.end")
    status = past.history.status(run)
    assert (status.run.state, status.message) == (RunState.SUCCEEDED, None)
    assert status.run.ended_at == status.steps[-1].attempts[-1].ended_at


def test_a_retry_that_succeeded_is_no_error(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make", "work.end")
    past.fail(run, "work.do")
    past.succeed(run, "work.do")
    status = past.history.status(run)
    assert (status.run.state, status.failed_step, status.error) == (
        RunState.SUCCEEDED,
        None,
        None,
    )


def test_a_living_run_goes_on(past: Any) -> None:
    run = past.open()
    assert past.history.status(run).run.state is RunState.QUEUED
    attempt = run.claim("work.make")
    past.age(LATER)
    attempt.renew()
    status = past.history.status(run)
    assert (status.run.state, status.run.ended_at) == (RunState.RUNNING, None)
    assert states(status) == {"work.make": S.RUNNING, "work.do": S.PENDING, "work.end": S.PENDING}
    run.mark_stopping("asked")
    assert past.history.status(run).run.state is RunState.STOPPING


def test_between_two_steps_a_run_still_goes_on(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make")
    assert past.history.summary(run).run.state is RunState.RUNNING


def test_a_run_without_a_sign_of_life_is_not_called_running(past: Any) -> None:
    run = past.open("7", "Prefect", "penguins")
    past.succeed(run, "work.make")
    run.claim("work.do").renew()
    run = past.age(LATER)
    for status in (past.history.status(run), past.history.summary(run)):
        assert (status.run.state, status.run.ended_at) == (RunState.UNKNOWN, None)
        assert re.fullmatch(
            r"no sign of life since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, and no end is recorded;"
            r" `lolpop deployment status penguins --run 7` asks Prefect",
            status.message or "",
        )
        assert (status.failed_step, status.error) == (
            "work.do",
            "its process ended without a word",
        )


def test_a_run_that_never_started_is_not_queued_for_ever(past: Any) -> None:
    past.open("7")
    run = past.age(LATER)
    assert past.history.status(run).run.state is RunState.UNKNOWN


def test_a_silent_run_that_was_asked_to_stop_was_cancelled(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make")
    run.mark_stopping("asked")
    run = past.age(LATER)
    status = past.history.status(run)
    assert status.run.state is RunState.CANCELLED
    assert states(status)["work.do"] is S.SKIPPED
    assert status.run.ended_at == status.steps[0].attempts[0].ended_at


def test_a_rerun_has_what_succeeded_in_its_parent(past: Any) -> None:
    first = past.open("1")
    past.succeed(first, "work.make")
    past.fail(first, "work.do")
    second = past.open("2", parent_run_id="1")
    past.succeed(second, "work.do", "work.end")
    status = past.history.status(second)
    assert (status.run.state, status.run.parent_run_id) == (RunState.SUCCEEDED, "1")
    assert states(status) == dict.fromkeys(("work.make", "work.do", "work.end"), S.SUCCEEDED)
    assert status.steps[0].attempts == ()


def test_a_run_whose_package_is_gone_shows_the_steps_that_started(past: Any) -> None:
    run = past.open(package="0" * 64)
    past.succeed(run, "work.make")
    assert past.history.graph(run) is None
    assert states(past.history.status(run)) == {"work.make": S.SUCCEEDED}
    run = past.age(LATER)
    assert past.history.status(run).run.state is RunState.UNKNOWN
