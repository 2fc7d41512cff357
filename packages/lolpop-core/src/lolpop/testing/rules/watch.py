"""Watching: status, logs, lists, and what is left after `remove`."""

from __future__ import annotations

from lolpop.contract import Capability, RunRef
from lolpop.errors import LolpopError, NotFoundError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.rule import expect, expect_equal, rule
from lolpop.testing.workflows.names import CHAIN

ORDER = 13


@rule()
def status_and_logs_while_it_runs(bench: Bench) -> None:
    """Say while a run goes on where it stands, and what its steps have printed so far."""
    project = bench.built()
    run = project.start(how="wait")
    project.until_seen("waiting")
    status = project.status(run)
    states = {step.name: step.state.value for step in status.steps}
    expect_equal(status.run.state.value, "running", "the run")
    expected = dict(zip(CHAIN, ("succeeded", "running", "pending"), strict=True))
    expect_equal(states, expected, "its steps")
    expect("changing wait" in project.log(run, "work.change"), "the log so far lacks a line")
    project.go()
    project.wait(run)


@rule(shared=True)
def logs_are_complete_and_in_order(bench: Bench) -> None:
    """Show every line of every step, each step's in order, nothing twice."""
    finished = bench.finished()
    said = finished.project.log(finished.run)
    expect_equal(said, ["making well", "changing well", "finishing 42"], "the log of the run")


@rule(Capability.ENGINE_LOGS, shared=True)
def the_engines_lines_are_given(bench: Bench) -> None:
    """Give from the engine's log what the steps printed, where no record has it."""
    run, project = bench.finished().run, bench.finished().project
    wanted = dict(zip(CHAIN, ("making well", "changing well", "finishing 42"), strict=True))

    def lacking() -> list[str]:
        found = []
        for step, line in wanted.items():
            lines = project.engine.lifecycle.call("logs", ref=run.ref, step=step, follow=False)
            given = [each.text for each in lines]
            if not any(line in text for text in given):
                found.append(f"the lines of {step} lack {line!r}: {given}")
        return found

    project.settle(lambda: not lacking())  # engines take lines in batches
    left = lacking()
    expect(not left, left[0] if left else "")


@rule(shared=True)
def a_run_that_is_not_there_is_not_found(bench: Bench) -> None:
    """Say that a run isn't there, instead of anything the engine might say."""
    project = bench.built()
    ref = RunRef(bench.plugin.name, project.name, "no-such-run")
    error = raised(LolpopError, lambda: project.engine.lifecycle.call("status", ref=ref))
    expect(isinstance(error, NotFoundError), f"status must raise NotFoundError: {error!r}")


@rule()
def runs_are_listed(bench: Bench) -> None:
    """List a deployment's runs, newest first, and which of them are active."""
    project = bench.project()
    project.build()
    first = project.finish().run
    second = project.start(how="wait")
    project.until_seen("waiting")
    call = project.engine.lifecycle.call
    every = [run.ref.run_id for run in call("runs", deployment_name=project.name, active=False)]
    active = [run.ref.run_id for run in call("runs", deployment_name=project.name, active=True)]
    expect_equal(every, [second.ref.run_id, first.ref.run_id], "the runs")
    expect_equal(active, [second.ref.run_id], "the active ones")
    project.go()
    project.wait(second)


@rule()
def deployments_are_listed(bench: Bench) -> None:
    """List what is deployed as it was deployed: name, project, digests, storage."""
    project = bench.project()
    made = project.build()
    found = project.deployment()
    expect(found is not None, "a deployment isn't listed")
    assert found
    for field in ("name", "project", "package_digest", "deployment_digest", "storage"):
        expect_equal(getattr(found, field), getattr(made, field), f"its {field}")
    expect_equal(found.orchestrator, bench.plugin.name, "its orchestrator")
    expect_equal(found.project, "conformance", "its project")


@rule()
def removing_leaves_nothing(bench: Bench) -> None:
    """Take everything away that was made for a deployment, its runs stopped first.

    A schedule that outlives its deployment starts what nobody can find.
    """
    project = bench.project()
    deployed = project.build()
    project.start(how="doze")
    project.until_seen("sleeping")
    project.remove()
    expect_equal(project.living(), [], "the processes that are left")
    expect(project.deployment() is None, "it is still listed")
    expect_equal(bench.harness.leftovers(deployed), [], "what the engine still has of it")
    error = raised(LolpopError, project.remove)
    expect(isinstance(error, NotFoundError), f"a second remove must say NotFoundError: {error!r}")


@rule()
def it_can_be_deployed_again(bench: Bench) -> None:
    """Deploy under a name that was removed, as if it had never been there."""
    project = bench.project()
    project.build()
    project.remove()
    project.build()
    expect_equal(project.finish().run.state.value, "succeeded", "a run after the second build")
