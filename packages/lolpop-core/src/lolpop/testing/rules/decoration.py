"""Decoration: what `lolpop run workflow` promises, whatever tracks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lolpop.contract import Capability
from lolpop.errors import WorkflowError
from lolpop.inprocess import Source, run_workflow
from lolpop.testing.bench import Bench
from lolpop.testing.project import Project
from lolpop.testing.rule import broken, expect, expect_equal, rule
from lolpop.workflow.assembly import Tree

ORDER = 2
SLOWEST = 0.05
"""Seconds that a decorated call may take more than a plain one."""


def _run(
    project: Project, method: str, watch: Callable[[Tree], object] | None = None, **parameters: Any
) -> Any:
    source = Source((str(project.folder / "lolpop.yaml"),))
    try:
        return run_workflow(source, method, keywords=parameters, watch=watch).result
    finally:
        project.forget()


@rule(None)
def calls_each_method_once(bench: Bench) -> None:
    """Call each method once for each call; a wrapper that calls twice trains twice."""
    project = bench.project("calls")
    _run(project, "hand", value=1)
    expect_equal([line["step"] for line in project.seen], ["hand", "same"], "the calls made")


@rule(None)
def hands_values_through(bench: Bench) -> None:
    """Hand arguments and results through as the very objects that they are.

    A wrapper that copies, converts or wraps values works with numbers and fails with models.
    """
    project = bench.project("calls")
    value, same = _run(project, "hand", value={"a": [1, None, "5"]})
    expect_equal(value, {"a": [1, None, "5"]}, "the value that came back")
    expect(same, "the component must get, and give back, the very object that it was given")


@rule(None)
def leaves_objects_as_they_are(bench: Bench) -> None:
    """Let every method see its own object, of its own class."""
    project = bench.project("calls")
    _run(project, "hand")
    lines = {line["step"]: line for line in project.seen}
    outer, inner = lines["hand"], lines["same"]
    expect_equal(inner["me"], outer["me"], "the object that a component's method sees as `self`")
    expect_equal(inner["kind"], "Part", "its class")


@rule(None)
def lets_errors_through(bench: Bench) -> None:
    """Let an error reach the code that handles it, as it was raised."""
    project = bench.project("calls")
    try:
        said = _run(project, "fail")
    except WorkflowError as error:
        broken(f"the code that handles an error didn't get it as it was raised: {error.message}")
    expect_equal(said, "OwnError: ('on purpose', 7)", "the error that the pipeline saw")


@rule(None)
def ends_with_the_workflows_own_error(bench: Bench) -> None:
    """End with the workflow's own error where nothing handles it."""
    project = bench.project("calls")
    try:
        _run(project, "raising")
    except WorkflowError as error:
        cause = error.__cause__
        expect_equal(type(cause).__name__, "OwnError", "the error that ended the workflow")
        return
    broken("the workflow's error was swallowed")


@rule(None)
def costs_little(bench: Bench) -> None:
    """Add no more than some milliseconds to a call."""
    project = bench.project("calls")
    took = _run(project, "often", count=20)
    expect(took < SLOWEST, f"a call took {took:.3f} s, {SLOWEST} s are too much")


@rule(Capability.DECORATION)
def what_is_declared_is_done(bench: Bench) -> None:
    """Wrap the methods whose calls the engine is said to show; else it shows nothing."""
    project = bench.project("calls")
    wrapped: list[str] = []
    _run(project, "hand", watch=lambda tree: wrapped.extend(vars(tree.runner)))
    expect("hand" in wrapped, "the runner's method is as it was: nothing decorates it")
