"""Independent steps run at once; what fails takes nothing with it that doesn't need it."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise
from typing import Any

import pytest

from lolpop.contract import RunState, StepSettings
from lolpop.contract.options import RunOptions


@pytest.fixture
def data(local: Any) -> Any:
    local.deploy(order="data")
    return local


def pids(local: Any) -> list[str]:
    return [line.split()[-1] for line in local.notes if " starts in " in line]


def test_two_steps_meet(data: Any) -> None:
    """Each waits for the other: one after the other they would never end."""
    run = data.run(a="show:x await:y", b="show:y await:x")
    assert data.wait(run).run.state is RunState.SUCCEEDED


def test_program_order_is_one_after_the_other(flow: Any) -> None:
    flow.wait(flow.run())
    names = [line.split()[0] for line in flow.notes]
    assert names == [name for step in "abcde" for name in (step, step)]


def test_one_branch_fails_and_the_other_goes_on(data: Any) -> None:
    run = data.run(a="show:x await:y fail", b="show:y await:x")
    status = data.wait(run)
    assert (status.run.state, status.failed_step) == (RunState.FAILED, "work.a")
    assert status.error == "ValueError: a is broken"
    assert data.record(run.ref).ended.error == "work.a: ValueError: a is broken"
    assert data.steps(run) == {
        "work.a": ["failed"],
        "work.b": ["succeeded"],
        "work.d": ["succeeded"],
    }


def test_of_two_that_fail_the_first_in_the_program_is_named(data: Any) -> None:
    """`b` is over first; `a`, which still runs then, is let finish."""
    run = data.run(a="show:x await:go fail", b="await:x show:y fail")
    data.until(lambda: data.steps(run).get("work.b") == ["failed"])
    assert not data.state(run).is_over
    data.show("go")
    status = data.wait(run)
    assert (status.failed_step, status.error) == ("work.a", "ValueError: a is broken")
    assert sorted(data.steps(run)) == ["work.a", "work.b"]


def test_a_failure_in_program_order_ends_the_run(flow: Any) -> None:
    run = flow.run(b="fail")
    assert flow.wait(run).failed_step == "work.b"
    assert flow.started == ["a", "b"]


def test_a_warm_process_makes_all_steps(flow: Any) -> None:
    flow.wait(flow.run())
    assert len(set(pids(flow))) == 1


def test_fresh_gives_every_step_a_process_of_its_own(flow: Any) -> None:
    flow.engine = flow.made(fresh=True)
    assert flow.wait(flow.run()).run.state is RunState.SUCCEEDED
    assert len(set(pids(flow))) == 5


def test_attempts_are_counted_from_0_and_wait_for_their_turn(local: Any) -> None:
    local.deploy(steps={"work.b": StepSettings(retries=2, retry_delay=0.5)})
    run = local.run(b="fail")
    status = local.wait(run)
    assert (status.run.state, status.failed_step) == (RunState.FAILED, "work.b")
    attempts = local.record(run.ref).steps()[1].attempts
    assert [each.engine_attempt for each in attempts] == [0, 1, 2]
    assert [each.error for each in attempts] == ["ValueError: b is broken"] * 3
    for earlier, later in pairwise(attempts):
        assert (later.started_at - earlier.ended_at).total_seconds() >= 0.5


def test_fatal_is_not_tried_again(local: Any) -> None:
    local.deploy(steps={"work.a": StepSettings(retries=5)})
    run = local.run(a="fatal")
    assert local.wait(run).error == "Fatal: a is beyond hope"
    assert local.steps(run) == {"work.a": ["failed"]}


def test_every_attempt_has_its_own_time(local: Any) -> None:
    local.deploy(steps={"work.a": StepSettings(retries=1, timeout=3.0)})
    run = local.run(a="await:never")
    assert local.wait(run).error == "StepTimeout: work.a took longer than 3 s"
    attempts = local.record(run.ref).steps()[0].attempts
    assert len(attempts) == 2
    for each in attempts:
        assert each.error == "StepTimeout: work.a took longer than 3 s"
        assert (each.ended_at - each.started_at).total_seconds() >= 3


def test_an_attempt_that_succeeds_ends_the_tries(local: Any) -> None:
    local.deploy(steps={"work.a": StepSettings(retries=3)})
    run = local.run(a="once")
    assert local.wait(run).run.state is RunState.SUCCEEDED
    assert local.steps(run)["work.a"] == ["failed", "succeeded"]


def test_a_run_without_what_it_needs_names_that(flow: Any) -> None:
    run = flow.engine.run("flow", {}, RunOptions())
    status = flow.wait(run)
    assert (status.run.state, status.failed_step) == (RunState.FAILED, "work.a")
    assert flow.started == []


def test_times_follow_one_another(flow: Any) -> None:
    run = flow.run()
    status = flow.wait(run)
    steps = flow.record(run.ref).steps()
    times = [status.run.created_at, status.run.started_at]
    times += [time for step in steps for a in step.attempts for time in (a.started_at, a.ended_at)]
    times.append(status.run.ended_at)
    assert times == sorted(times)
    assert {time.tzinfo for time in times} == {UTC}
