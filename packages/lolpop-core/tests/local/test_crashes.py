"""Whatever is killed, whenever: nothing lives on, nothing is lost, nothing runs for ever."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from lolpop.contract import RunState, StepSettings
from lolpop.local.driving import record_of
from lolpop.storage import Store, artifacts

MOMENTS = [(seed, ("program", "data")[seed % 2]) for seed in range(10)]
STEPS = {"*": StepSettings()} | {f"work.{name}": StepSettings(retries=2) for name in "abcde"}
SCRIPT = dict.fromkeys("abcde", "nap:0.05")
RUN = """
import os, signal, sys
from lolpop.contract.options import RunOptions
from lolpop.local import LocalOrchestrator, orchestrator

if sys.argv[2] == "before":
    orchestrator.LocalOrchestrator.supervise = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
engine = LocalOrchestrator.create()
engine.__dict__["storage"] = sys.argv[1]
engine.run("flow", {"script": {}}, RunOptions())
os.kill(os.getpid(), signal.SIGKILL)
"""


def moment(local: Any, seed: int) -> None:
    """Wait for a moment of a run's life: after so many lines of its steps, and a little more."""
    chosen = random.Random(seed)
    lines = seed
    local.until(lambda: len(local.notes) >= lines)
    time.sleep(chosen.uniform(0, 0.4) if lines == 0 else chosen.uniform(0, 0.1))


def assert_told_truthfully(local: Any, run: Any, processes: Any) -> None:
    status = local.status(run)
    local.until(lambda: not processes.marked())
    record = local.record(run.ref)
    assert record.ended is not None
    assert record.ended.state is status.run.state
    for step in record.steps():
        assert all(attempt.state.is_over for attempt in step.attempts)
        if stored := record.output(step.name):
            value = artifacts.get(Store(str(local.storage)), stored.digest, local.folder)
            assert value.endswith(step.name[-1])


@pytest.mark.parametrize(("seed", "order"), MOMENTS)
def test_the_supervisor_is_killed(local: Any, processes: Any, order: str, seed: int) -> None:
    local.deploy(order=order)
    run = local.run(**SCRIPT)
    moment(local, seed)
    for supervisor in processes.supervisors():
        supervisor.kill()
    status = local.wait(run)
    if status.run.state is not RunState.SUCCEEDED:
        assert status.run.state is RunState.CRASHED
        assert status.error == "RunCrashed: the process that drove the run died"
    assert_told_truthfully(local, run, processes)
    assert local.wait(local.run()).run.state is RunState.SUCCEEDED


@pytest.mark.parametrize(("seed", "order"), MOMENTS)
def test_the_steps_are_killed(local: Any, processes: Any, order: str, seed: int) -> None:
    local.deploy(order=order, steps=STEPS)
    run = local.run(**SCRIPT)
    moment(local, seed)
    for worker in processes.workers():
        worker.kill()
    assert local.wait(run).run.state is RunState.SUCCEEDED
    assert_told_truthfully(local, run, processes)
    for states in local.steps(run).values():
        assert states[-1] == "succeeded"
        assert set(states[:-1]) <= {"crashed"}
    assert local.wait(local.run()).run.state is RunState.SUCCEEDED


def test_a_step_without_another_attempt(flow: Any, processes: Any) -> None:
    run = flow.run(b="show:held await:never")
    flow.shown("held")
    for worker in processes.workers():
        worker.kill()
    status = flow.wait(run)
    assert (status.run.state, status.failed_step) == (RunState.FAILED, "work.b")
    assert status.error == (
        "StepCrashed: the process of work.b was ended by SIGKILL:"
        " perhaps the machine ran out of memory"
    )
    assert flow.steps(run) == {"work.a": ["succeeded"], "work.b": ["crashed"]}


def test_what_a_dead_supervisor_left_is_ended(flow: Any, processes: Any) -> None:
    run = flow.run(b="spawn show:held await:never")
    flow.shown("held")
    processes.driving(run).kill()
    flow.until(lambda: flow.state(run) is RunState.CRASHED)
    flow.until(lambda: not processes.marked())
    assert flow.steps(run) == {"work.a": ["succeeded"], "work.b": ["crashed"]}
    (attempt,) = flow.record(run.ref).steps()[1].attempts
    assert attempt.error == "StepCrashed: the process that drove the run died"


def test_a_run_that_was_being_stopped_is_cancelled(flow: Any, processes: Any) -> None:
    run = flow.run(a="show:held await:never")
    flow.shown("held")
    supervisor = processes.driving(run)
    supervisor.suspend()
    flow.record(run.ref).mark_stopping("asked by stop")
    supervisor.kill()
    flow.until(lambda: flow.state(run) is RunState.CANCELLED)
    assert flow.steps(run) == {"work.a": ["cancelled"]}


def test_the_caller_is_killed_before_the_supervisor_starts(flow: Any) -> None:
    command = [sys.executable, "-c", RUN, str(flow.storage), "before"]
    assert subprocess.run(command, timeout=120).returncode == -signal.SIGKILL
    (run,) = flow.engine.runs("flow", active=False)
    assert run.state is RunState.CRASHED
    assert flow.engine.runs("flow", active=True) == []
    assert flow.record(run.ref).ended.state is RunState.CRASHED


def test_the_caller_is_killed_after_it(flow: Any) -> None:
    command = [sys.executable, "-c", RUN, str(flow.storage), "after"]
    assert subprocess.run(command, timeout=120).returncode == -signal.SIGKILL
    (run,) = flow.engine.runs("flow", active=False)
    assert flow.wait(run).run.state is RunState.SUCCEEDED


def test_the_record_decides_if_the_index_was_not_told(flow: Any) -> None:
    """The supervisor died between the two: what it recorded holds."""
    index = flow.engine.index
    row = index.add("early", flow.engine.entry("flow"), {}, None)
    index.drive("early", 1)
    index.take_turn(row)
    record_of(flow.engine.store, row).end(RunState.SUCCEEDED)
    (run,) = flow.engine.runs("flow", active=False)
    assert run.state is RunState.SUCCEEDED


def test_a_step_process_does_not_begin_without_its_supervisor() -> None:
    """The supervisor died before the new process could ask to be ended with it."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, "-m", "lolpop.execution", "serve", "1", f"--with-parent={gone.pid}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.wait(timeout=120) == 1  # though its orders might still come
    process.communicate()
