"""Steps: what everyone sees of a workflow, and what goes from step to step."""

from __future__ import annotations

import os

from lolpop.contract import Capability
from lolpop.package.opening import read_manifest
from lolpop.testing.bench import Bench
from lolpop.testing.rule import expect, expect_equal, rule
from lolpop.testing.workflows.names import CHAIN, GROUPS

ORDER = 6


@rule(shared=True)
def names_and_order_are_the_graphs(bench: Bench) -> None:
    """Show the same steps, by name and number, as the package and every other engine."""
    finished = bench.finished()
    expect_equal([step.name for step in finished.status.steps], CHAIN, "the steps of the status")
    recorded = [step.name for step in finished.record.steps()]
    expect_equal(recorded, CHAIN, "the steps in the records, in the order of their starts")
    expect_equal(finished.steps, ["make", "change", "finish"], "the steps that ran")


@rule(shared=True)
def each_is_one_unit_of_the_engine(bench: Bench) -> None:
    """Show each step as a unit of the engine's own, not all of them as one opaque task."""
    finished = bench.finished()
    units = bench.harness.units(finished.run.ref)
    expect_equal(sorted(units), sorted(CHAIN), "the engine's units of the run")


@rule(shared=True)
def groups_keep_their_steps(bench: Bench) -> None:
    """Run the steps of nested groups, and the same step several times, under their names."""
    finished = bench.finished("groups")
    expect_equal([step.name for step in finished.status.steps], GROUPS, "the steps")
    numbers = [line["number"] for line in finished.seen]
    expect_equal(numbers, [0, 1, 2, 3], "what each of them was given")
    graph = read_manifest(finished.project.store, finished.record.package_digest).graph
    paths = [step.group for step in graph.steps]
    expected = [(), ("outer",), ("outer", "inner"), ("outer", "inner")]
    expect_equal(paths, expected, "their groups")


@rule(shared=True)
def values_arrive_as_they_were(bench: Bench) -> None:
    """Hand over values of any kind, large ones, None, files, and elements, equal and writable.

    What is handed over in memory locally and through JSON elsewhere works until it is deployed.
    """
    finished = bench.finished("values")
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    (seen,) = finished.seen
    expect("'text': 'é\\n{{ x }}'" in seen["exact"], f"exact JSON values: {seen['exact']}")
    expect("Decimal('1.10')" in seen["rich"], f"values beyond JSON: {seen['rich']}")
    expect("inf, -0.0, 1.0" in seen["rich"], f"a value that may be written to: {seen['rich']}")
    expect_equal(seen["nothing"], "None", "None")
    expect_equal(seen["large"], [20_000_000, True], "20 MB")
    expect_equal(seen["path"], "content é", "a file")
    expect_equal((seen["first"], seen["item"]), ([1, 2, 3], 1), "elements of an output")


@rule()
def what_cannot_be_stored_is_named(bench: Bench) -> None:
    """Fail in the step that made what can't be stored, and say what in it that is."""
    project = bench.project("values", entrypoint="unstorable")
    project.build()
    finished = project.finish()
    expect_equal(finished.run.state.value, "failed", "the run")
    expect_equal(finished.status.failed_step, "make.lock", "the step that failed")
    expect("lock" in (finished.status.error or ""), f"the error: {finished.status.error}")
    expect_equal(finished.steps, [], "the steps after it that ran")


@rule(shared=True)
def they_run_apart_from_the_engine(bench: Bench) -> None:
    """Run no step in the engine's own process, nor in the one that started the run."""
    pids = {line["pid"] for line in bench.finished().seen}
    expect(os.getpid() not in pids, "a step ran in the process that started the run")


@rule(Capability.PARALLEL_STEPS)
def independent_ones_run_at_once(bench: Bench) -> None:
    """Run steps at once that need nothing of each other, if `order: data` asks for it."""
    project = bench.project("branches", order="data")
    project.build()
    finished = project.finish(how="meet", values={"patience": bench.harness.patience / 2})
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    expect_equal(finished.steps[-1], "join", "the last step")


@rule(shared=True)
def program_order_is_kept(bench: Bench) -> None:
    """Run one step after the other, as written, unless `order: data` is asked for."""
    finished = bench.finished("branches")
    expect_equal(finished.steps, ["left", "right", "onward", "join"], "the steps as they ran")
    times = [line["time"] for line in finished.seen]
    expect_equal(times, sorted(times), "their times")
