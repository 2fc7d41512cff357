"""How many runs are active at once, and what becomes of the others."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from lolpop.contract import Overlap, RunState


@pytest.fixture
def queued(local: Any) -> Any:
    local.deploy(concurrency=1, overlap=Overlap.QUEUE)
    return local


def test_a_run_beyond_the_limit_is_skipped(local: Any) -> None:
    local.deploy(concurrency=2, overlap=Overlap.SKIP)
    held = [local.run(a=f"show:{name} await:go") for name in "xy"]
    for name in "xy":
        local.shown(name)
    skipped = local.run(a="show:z")
    assert skipped.state is RunState.CANCELLED
    status = local.status(skipped)
    reason = "RunSkipped: 'flow' may have 2 active at once, and has 2"
    assert status.error == reason
    assert status.message == (
        "it was skipped: with `overlap: queue` it would have waited for its turn"
    )
    assert (status.run.started_at, status.run.ended_at is None) == (None, False)
    ended = local.record(skipped.ref).ended
    assert (ended.state, ended.error) == (RunState.CANCELLED, reason)
    local.show("go")
    assert [local.wait(run).run.state for run in held] == [RunState.SUCCEEDED] * 2
    assert local.wait(local.run()).run.state is RunState.SUCCEEDED
    assert not (local.seen / "z").exists()


def test_a_dead_run_skips_nothing(local: Any, processes: Any) -> None:
    local.deploy(concurrency=1, overlap=Overlap.SKIP)
    dead = local.run(a="show:held await:go")
    local.shown("held")
    supervisor = processes.driving(dead)
    supervisor.kill()
    supervisor.wait(timeout=120)
    assert local.wait(local.run()).run.state is RunState.SUCCEEDED
    assert local.state(dead) is RunState.CRASHED


def test_runs_wait_in_the_order_of_asking(queued: Any) -> None:
    first = queued.run(a="show:held await:go")
    queued.shown("held")
    others = [queued.run(a=f"show:{number}", e="nap:0.3") for number in range(3)]
    messages = [queued.status(run).message for run in others]
    assert messages == [
        f"it waits for its turn: {before} before it, 1 may be active at once"
        for before in (1, 2, 3)
    ]
    assert [queued.state(run) for run in others] == [RunState.QUEUED] * 3
    queued.until(lambda: all(queued.engine.index.run(run.ref.run_id).pid for run in others))
    assert queued.started == ["a"]
    queued.show("go")
    found = [queued.wait(run).run for run in [first, *others]]
    assert {run.state for run in found} == {RunState.SUCCEEDED}
    for earlier, later in pairwise(found):
        assert earlier.ended_at <= later.started_at
        assert later.created_at <= later.started_at <= later.ended_at
    assert queued.started == [*"abcde"] * 4


def test_the_dead_block_nobody(queued: Any, processes: Any) -> None:
    """One that runs and one that waits are killed; the one behind them gets its turn."""
    running = queued.run(a="show:held await:go")
    queued.shown("held")
    waiting = queued.run()
    last = queued.run(a="show:last")
    queued.until(lambda: queued.engine.index.run(waiting.ref.run_id).pid)
    processes.driving(waiting).kill()
    processes.driving(running).kill()
    queued.shown("last")  # nobody asks for the state of the others: the waiting one notices
    assert queued.wait(last).run.state is RunState.SUCCEEDED
    for run in (running, waiting):
        assert queued.record(run.ref).ended.state is RunState.CRASHED
    assert queued.steps(running) == {"work.a": ["crashed"]}
    assert queued.steps(waiting) == {}


def test_a_limit_of_two_lets_two_run_at_once(local: Any) -> None:
    local.deploy(concurrency=2, overlap=Overlap.QUEUE)
    pair = [local.run(a="show:x await:y"), local.run(a="show:y await:x")]
    third = local.run()
    assert [local.wait(run).run.state for run in [*pair, third]] == [RunState.SUCCEEDED] * 3


def test_two_deployments_have_queues_of_their_own(queued: Any) -> None:
    queued.deploy("other", concurrency=1, overlap=Overlap.QUEUE)
    held = queued.run(a="show:x await:y")
    met = queued.run("other", a="show:y await:x")
    assert [queued.wait(run).run.state for run in (held, met)] == [RunState.SUCCEEDED] * 2
