"""Stopping: verified, or an error that names what is left."""

from __future__ import annotations

from typing import Any

from lolpop.contract import Capability, Run
from lolpop.errors import LolpopError, NotFoundError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.project import Project
from lolpop.testing.rule import expect, expect_equal, rule

ORDER = 8


def _sleeping(bench: Bench, how: str = "doze", **settings: Any) -> tuple[Project, Run]:
    project = bench.project(**settings)
    project.build()
    return _asleep(project, how)


def _asleep(project: Project, how: str = "doze") -> tuple[Project, Run]:
    run = project.start(how=how)
    project.until_seen("sleeping")
    return project, run


@rule()
def the_run_and_its_processes_are_gone(bench: Bench) -> None:
    """Return when the run is over and every process of it is gone, stubborn ones too.

    Ghost runs go on writing to databases after everybody believes that they are stopped.
    """
    project, run = _sleeping(bench, "sleep")
    expect(project.living(), "the step's processes must be alive before the stop")
    stopped = project.stop()
    expect_equal(project.living(), [], "the processes that are left")
    expect_equal([ref.run_id for ref in stopped.ended], [run.ref.run_id], "the runs it names")
    status = project.status(run)
    expect_equal(status.run.state.value, "cancelled", "the run")
    steps = [line["step"] for line in project.seen]
    expect("finish" not in steps, "a step ran after the stop")


@rule(Capability.RETRIES)
def a_stopped_step_is_not_retried(bench: Bench) -> None:
    """Start nothing anew that was stopped, whatever its retries."""
    project, run = _sleeping(bench, steps={"work.change": {"retries": 3}})
    project.stop(run)
    project.settle(lambda: _count(project, "change") > 1)
    expect_equal(_count(project, "change"), 1, "the attempts")
    expect_equal(project.status(run).run.state.value, "cancelled", "the run")
    expect_equal(project.living(), [], "the processes that are left")


def _count(project: Project, step: str) -> int:
    return [line["step"] for line in project.seen].count(step)


@rule()
def one_of_two_runs(bench: Bench) -> None:
    """Touch only the run that is named."""
    project, first = _asleep(bench.built())
    before = project.living()
    second = project.start(how="doze")
    project.until_seen("sleeping", 2)
    stopped = project.stop(first)
    expect_equal([ref.run_id for ref in stopped.ended], [first.ref.run_id], "the runs it names")
    expect_equal(project.status(second).run.state.value, "running", "the other run")
    left = project.living()
    expect(left and not {*left} & {*before}, f"of {before} and the other's, {left} live")
    project.stop(second)


@rule()
def before_it_has_started(bench: Bench) -> None:
    """Stop a run that was only just asked for; nothing of it runs afterwards."""
    project = bench.built()
    run = project.start(how="doze")
    project.stop(run)
    expect(project.status(run).run.state.is_over, "the run must be over")
    before = len(project.seen)
    project.settle(lambda: len(project.seen) > before)
    expect_equal([line["step"] for line in project.seen[before:]], [], "what ran after the stop")
    expect_equal(project.living(), [], "the processes that are left")


@rule()
def twice_and_when_all_is_over(bench: Bench) -> None:
    """Have nothing to do where nothing runs, and change no run that is over."""
    project = bench.built()
    finished = project.finish()
    for _ in range(2):
        expect_equal(project.stop().ended, (), "the runs that a stop with nothing to stop names")
    expect_equal(project.stop(finished.run).ended, (), "what stopping a finished run names")
    expect_equal(project.status(finished.run).run.state.value, "succeeded", "the finished run")


@rule()
def an_unknown_run_is_not_found(bench: Bench) -> None:
    """Say that a run isn't there, instead of stopping something else."""
    project, run = _asleep(bench.built())
    other = project.renamed(run, "no-such-run")
    error = raised(LolpopError, lambda: project.stop(other))
    expect(isinstance(error, NotFoundError), f"NotFoundError is expected, not {error!r}")
    expect_equal(project.status(run).run.state.value, "running", "the run that wasn't meant")
    project.stop(run)


@rule()
def runs_can_be_started_afterwards(bench: Bench) -> None:
    """Take new runs after a stop: what is stopped is runs, not the deployment."""
    project, _ = _sleeping(bench)
    project.stop()
    expect_equal(project.finish().run.state.value, "succeeded", "a run after the stop")


@rule(Capability.SCHEDULES)
def the_schedule_is_suspended(bench: Bench) -> None:
    """Suspend the schedule until the deployment is built again; manual runs go on working."""
    project = bench.project(deployment={"schedule": {"cron": "0 6 * * *"}})
    project.build()
    before = _schedule(project)
    stopped = project.stop()
    expect(stopped.schedule_suspended, "stop must say that it suspended the schedule")
    expect_equal(_schedule(project), "suspended", "the schedule after stop")
    expect_equal(project.finish().run.state.value, "succeeded", "a manual run after stop")
    project.build()
    expect_equal(_schedule(project), before, "the schedule after the next build")


def _schedule(project: Project) -> str | None:
    found = project.deployment()
    return found.schedule_state.value if found and found.schedule_state else None


@rule(Capability.ENGINE_RUNS)
def a_run_started_in_the_engines_own_way(bench: Bench) -> None:
    """Stop every active run, however it was started."""
    project = bench.project()
    deployed = project.build()
    run_id = bench.harness.start_run(deployed, {"how": "doze"})
    project.until_seen("sleeping")
    stopped = project.stop()
    expect_equal([ref.run_id for ref in stopped.ended], [run_id], "the runs it names")
    expect_equal(project.living(), [], "the processes that are left")
