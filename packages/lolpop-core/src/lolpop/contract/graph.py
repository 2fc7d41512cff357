"""The steps of a workflow, and which of them needs which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lolpop.errors import ContractError, NotFoundError


class Order(Enum):
    """In which order steps may run."""

    PROGRAM = "program"
    """One after the other, as the runner calls them."""

    DATA = "data"
    """Each as soon as the steps whose outputs it reads have succeeded."""


class Granularity(Enum):
    """How large a step is."""

    RUNNER = "runner"
    """The whole workflow is one step."""

    PIPELINE = "pipeline"
    """Each call of a pipeline's or component's method by the runner is a step."""

    COMPONENT = "component"
    """Pipelines' methods are opened too: each call of a component's method is a step."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An output, or an element of it, that a step reads.

    Attributes:
        source: The name of the step that makes the output.
        element: The keys and indexes that lead to the element; empty for all of the output.
        argument: The parameter of the reading step's method that gets it, or None if it is
            one value inside a longer argument.
    """

    source: str
    element: tuple[int | str, ...] = ()
    argument: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a method, which the engine runs and shows as one unit.

    Attributes:
        name: The name, unique in the graph: `train.fit`, the second call `train.fit[2]`.
        after: The names of the steps that must have succeeded before this one starts. All
            of `inputs` are among them; the graph's order is already in here.
        edges: What it reads from other steps, in the order of the call's arguments.
        parameters: The names of the run's parameters that it reads.
        group: The path of the group that it belongs to; empty at the top.
        doc: The method's docstring, or None without one.
        source: Where the method stands, as 'file:line' from the project folder, or None if
            it isn't in the project.
        call: How the call is made. The capture writes it and the step command reads it;
            plugins have no use for it.
    """

    name: str
    after: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    parameters: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    doc: str | None = None
    source: str | None = None
    call: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the steps whose output it reads, each once."""
        return tuple(dict.fromkeys(edge.source for edge in self.edges))


@dataclass(frozen=True, slots=True)
class Group:
    """A call of one of the runner's own methods, which holds steps and further groups.

    Attributes:
        path: The names from the outermost group to this one; the second call of a method is
            `method[2]`, like a step's.
        doc: The method's docstring, or None without one.
    """

    path: tuple[str, ...]
    doc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """A method that became one step whole, because splitting it could change what it does.

    Attributes:
        step: The name of the step that it became.
        file: The file of the line that can't be split, from the project folder.
        line: That line, from 1.
        reason: Why it can't be split.
        hint: How to write it so that it splits, or None if there is no way.
    """

    step: str
    file: str
    line: int
    reason: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepGraph:
    """The steps of a workflow in program order.

    Attributes:
        steps: The steps, each after all those that it needs; never a circle.
        groups: The groups, parents before their children.
        collapses: What could not be split, in program order.
        order: Whether steps run in program order or as their data allow.
        granularity: How large the steps are.
        result: What the entrypoint returns, in terms of the steps' outputs, or None if it
            returns nothing. Written and read like `Step.call`.
    """

    steps: tuple[Step, ...]
    groups: tuple[Group, ...] = ()
    collapses: tuple[Collapse, ...] = ()
    order: Order = Order.PROGRAM
    granularity: Granularity = Granularity.PIPELINE
    result: Mapping[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        _check_groups(self)
        _check_steps(self)

    def step(self, name: str) -> Step:
        """Find a step by its name.

        Raises:
            NotFoundError: There is none of that name; the message lists those there are.
        """
        for step in self.steps:
            if step.name == name:
                return step
        names = ", ".join(repr(step.name) for step in self.steps) or "none"
        raise NotFoundError(f"there is no step {name!r}; the workflow's steps are {names}")


def _check_groups(graph: StepGraph) -> None:
    seen: set[tuple[str, ...]] = {()}
    for group in graph.groups:
        if group.path in seen:
            raise ContractError(f"group {'/'.join(group.path)!r} stands twice in the graph")
        if group.path[:-1] not in seen:
            raise ContractError(f"group {'/'.join(group.path)!r} stands before its parent")
        seen.add(group.path)


def _check_steps(graph: StepGraph) -> None:
    groups = {(), *(group.path for group in graph.groups)}
    seen: set[str] = set()
    for step in graph.steps:
        if step.name in seen:
            raise ContractError(f"step {step.name!r} stands twice in the graph")
        if step.group not in groups:
            raise ContractError(
                f"step {step.name!r} is in group {'/'.join(step.group)!r}, which doesn't exist"
            )
        _check_needs(step, seen)
        seen.add(step.name)


def _check_needs(step: Step, earlier: set[str]) -> None:
    for name in step.after:
        if name not in earlier:
            raise ContractError(
                f"step {step.name!r} starts after {name!r}, which isn't an earlier step"
            )
    for name in step.inputs:
        if name not in step.after:
            raise ContractError(f"step {step.name!r} reads {name!r} but doesn't start after it")
