"""Equality: one line of YAML moves a workflow, and nothing else changes."""

from __future__ import annotations

from lolpop.storage.artifacts import Artifact
from lolpop.testing.bench import Bench
from lolpop.testing.project import Finished
from lolpop.testing.rule import expect_equal, rule

ORDER = 14


def _outputs(finished: Finished) -> dict[str, Artifact | None]:
    names = [step.name for step in finished.record.steps()]
    return {name: finished.record.output(name) for name in names}


def _both(bench: Bench, workflow: str, how: str = "well") -> tuple[Finished, Finished]:
    """Run a workflow here, and with the one line edited, on LocalOrchestrator."""
    mine = bench.finished(workflow, how)
    local = bench.locally(workflow)
    return mine, local.finish(None if how == "well" else how)


@rule(shared=True)
def outputs_are_those_of_the_local_run(bench: Bench) -> None:
    """Give every step's output the digest that it has on LocalOrchestrator."""
    for workflow in ("chain", "groups", "branches", "values"):
        mine, local = _both(bench, workflow)
        here, there = _outputs(mine), _outputs(local)
        expect_equal([*here], [*there], f"the steps of {workflow}")
        for name, output in there.items():
            found = here[name]
            expect_equal(found and found.digest, output and output.digest, f"{workflow}: {name}")


@rule(shared=True)
def failures_are_those_of_the_local_run(bench: Bench) -> None:
    """Fail in the same step with the same error and the same steps after it."""
    for how in ("fail", "exit"):
        mine, local = _both(bench, "chain", how)
        for fact in ("failed_step", "error"):
            expect_equal(getattr(mine.status, fact), getattr(local.status, fact), f"{how}: {fact}")
        states = [[step.state for step in each.status.steps] for each in (mine, local)]
        expect_equal(states[0], states[1], f"{how}: the states of the steps")
        expect_equal(mine.steps, local.steps, f"{how}: the steps that ran")
