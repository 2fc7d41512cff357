"""A stop returns when the runs are over and their processes are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Timer
from typing import Any

import pytest

from lolpop.contract import Overlap, RunState, StepSettings
from lolpop.errors import NotFoundError, NotStoppedError
from lolpop.local.driving import claimed, log_of

CANCELLED, SUCCEEDED = RunState.CANCELLED, RunState.SUCCEEDED
STOP = """
import sys
from lolpop.contract.options import StopOptions
from lolpop.local import LocalOrchestrator

engine = LocalOrchestrator.create()
engine.__dict__["storage"] = sys.argv[1]
stopped = engine.stop("flow", None, StopOptions())
print(*(ref.run_id for ref in stopped.ended), *stopped.left)
"""


def ended(stopped: Any) -> list[str]:
    assert stopped.left == ()
    return [ref.run_id for ref in stopped.ended]


def test_what_ignores_sigterm_is_gone_too(flow: Any, processes: Any) -> None:
    run = flow.run(a="spawn show:held await:never")
    flow.shown("held")
    assert ended(flow.stop(run)) == [run.ref.run_id]
    assert processes.marked() == []
    assert flow.state(run) is CANCELLED
    assert flow.steps(run) == {"work.a": ["cancelled"]}
    assert flow.status(run).error is None
    assert flow.record(run.ref).ended.state is CANCELLED


def test_a_run_that_waits_for_its_turn(local: Any) -> None:
    local.deploy(concurrency=1, overlap=Overlap.QUEUE)
    held = local.run(a="show:held await:go")
    local.shown("held")
    waiting, last = local.run(a="show:never"), local.run()
    local.until(lambda: local.engine.index.run(waiting.ref.run_id).pid)
    assert ended(local.stop(waiting)) == [waiting.ref.run_id]
    assert local.state(waiting) is CANCELLED
    assert local.steps(waiting) == {}
    assert [local.state(run) for run in (held, last)] == [RunState.RUNNING, RunState.QUEUED]
    local.show("go")
    assert [local.wait(run).run.state for run in (held, last)] == [SUCCEEDED] * 2
    assert not (local.seen / "never").exists()


def test_a_run_whose_supervisor_only_starts(flow: Any, processes: Any) -> None:
    """It is stopped before it can have taken signals or noted its process."""
    run = flow.run(a="show:never")
    assert ended(flow.stop(run)) == [run.ref.run_id]
    assert processes.marked() == []
    assert flow.state(run) is CANCELLED
    assert not (flow.seen / "never").exists()


def test_a_step_that_waits_for_its_next_attempt(local: Any, processes: Any) -> None:
    local.deploy(steps={"work.a": StepSettings(retries=3, retry_delay=600.0)})
    run = local.run(a="fail")
    local.until(lambda: local.steps(run) == {"work.a": ["failed"]})
    begun = time.monotonic()
    assert ended(local.stop(run)) == [run.ref.run_id]
    assert time.monotonic() - begun < 60
    assert processes.marked() == []
    assert local.state(run) is CANCELLED
    assert local.steps(run) == {"work.a": ["failed"]}


def test_one_of_two_runs(flow: Any) -> None:
    runs = [flow.run(a=f"show:{name} await:go") for name in "xy"]
    for name in "xy":
        flow.shown(name)
    assert ended(flow.stop(runs[0])) == [runs[0].ref.run_id]
    assert flow.state(runs[1]) is RunState.RUNNING
    flow.show("go")
    assert flow.wait(runs[1]).run.state is SUCCEEDED


def test_all_runs_of_one_deployment(flow: Any) -> None:
    flow.deploy("other")
    runs = [flow.run(a="await:go"), flow.run(a="await:go")]
    other = flow.run("other", a="await:go")
    assert sorted(ended(flow.stop())) == sorted(run.ref.run_id for run in runs)
    assert not flow.state(other).is_over
    flow.show("go")
    assert flow.wait(other).run.state is SUCCEEDED


def test_a_second_stop_finds_nothing(flow: Any) -> None:
    run = flow.run(a="show:held await:never")
    flow.shown("held")
    assert ended(flow.stop(run)) == [run.ref.run_id]
    before = flow.status(run)
    assert ended(flow.stop(run)) == []
    assert ended(flow.stop()) == []
    assert flow.status(run) == before


def test_two_stops_at_once(flow: Any, processes: Any) -> None:
    run = flow.run(a="spawn show:held await:never")
    flow.shown("held")
    command = [sys.executable, "-c", STOP, str(flow.storage)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate(timeout=120)[0].strip() for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert run.ref.run_id in said
    assert set(said) <= {run.ref.run_id, ""}
    assert processes.marked() == []
    assert flow.state(run) is CANCELLED


def test_a_run_that_is_over_stays_what_it_is(flow: Any) -> None:
    run = flow.run()
    before = flow.wait(run)
    assert ended(flow.stop(run)) == []
    assert flow.status(run) == before
    assert not flow.record(run.ref).stopping


@pytest.mark.parametrize("name", ["flow", "other"])
def test_a_run_that_is_not_there(flow: Any, name: str) -> None:
    flow.deploy("other")
    run = flow.run("other" if name == "flow" else "flow")
    with pytest.raises(NotFoundError) as caught:
        flow.stop(run, name)
    assert caught.value.message == f"deployment {name!r} has no run {run.ref.run_id!r}"
    assert caught.value.hint == "`lolpop runs list` shows all runs"
    assert flow.wait(run).run.state is SUCCEEDED


def test_independent_steps_that_run_at_once(local: Any, processes: Any) -> None:
    local.deploy(order="data")
    run = local.run(a="show:x await:never", b="show:y await:never")
    local.shown("x")
    local.shown("y")
    assert ended(local.stop(run)) == [run.ref.run_id]
    assert processes.marked() == []
    assert local.steps(run) == {"work.a": ["cancelled"], "work.b": ["cancelled"]}


def test_what_cannot_be_ended_is_named(flow: Any) -> None:
    """A lock that another process holds looks like a supervisor that never gets ready."""
    run = flow.run()
    flow.wait(run)
    index = flow.engine.index
    with claimed(log_of(index, "held")):
        index.add("held", flow.engine.entry("flow"), {}, None)
        with pytest.raises(NotStoppedError) as caught:
            flow.engine.remove("flow", flow.engine.options["remove"](timeout=0.2))
    (left,) = caught.value.left
    assert left.startswith("run held: its supervisor on ")
    assert left.endswith(", which is still starting")
    assert caught.value.message == f"deployment 'flow' still has runs: {left}"
    assert index.run("held").state is RunState.STOPPING
    flow.remove()
    assert flow.engine.deployments() == []
    assert not list(index.path.parent.glob("*.log"))


def test_a_supervisor_of_another_user_is_not_signalled_but_marked(
    flow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = flow.run(a="show:held await:go")
    flow.shown("held")
    kill = os.kill

    def forbidden(pid: int, number: int) -> None:
        if number == signal.SIGTERM:
            raise PermissionError(1, "Operation not permitted")
        kill(pid, number)

    monkeypatch.setattr("lolpop.local.stopping.os.kill", forbidden)
    Timer(1.0, flow.show, ["go"]).start()
    assert flow.stop(run).ended == (run.ref,)
    assert flow.record(run.ref).stopping
    assert flow.started == ["a"]
