"""From what was recorded to the step graph."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from lolpop.contract.graph import Edge, Granularity, Order, Step, StepGraph
from lolpop.steps.expressions import Expr, reads
from lolpop.steps.recording import Recorded, Recording
from lolpop.steps.source import Sources


def finished(
    recording: Recording,
    result: Expr | None,
    sources: Sources,
    granularity: Granularity,
    order: Order,
) -> StepGraph:
    """Make the step graph.

    Args:
        recording: The steps, in program order.
        result: What the entrypoint returns.
        sources: Where methods are read.
        granularity: How large the steps are.
        order: Whether each step waits for the one before.
    """
    _note_parts(recording)
    steps: list[Step] = []
    about: dict[Any, tuple[str | None, str | None]] = {}
    for recorded in recording.steps:
        if recorded.function not in about:
            about[recorded.function] = _about(recorded.function, sources)
        previous = steps[-1].name if steps and order is Order.PROGRAM else None
        steps.append(_step(recorded, previous, *about[recorded.function]))
    collapses = tuple(each.collapse for each in recording.steps if each.collapse)
    return StepGraph(
        steps=tuple(steps),
        groups=tuple(recording.groups),
        collapses=collapses,
        order=order,
        granularity=granularity,
        result=result,
    )


def _note_parts(recording: Recording) -> None:
    """Note in each call which parts of its output the runner takes."""
    by_name = {step.name: step for step in recording.steps}
    for name, keys, length in dict.fromkeys(recording.parts):
        part = {"element": list(keys), "length": length}
        by_name[name].call.setdefault("parts", []).append(part)


def _about(static: Any, sources: Sources) -> tuple[str | None, str | None]:
    function = getattr(static, "__func__", static)
    text = getattr(function, "__doc__", None)
    return inspect.cleandoc(text) if text else None, sources.line(function)


def _step(recorded: Recorded, previous: str | None, doc: str | None, source: str | None) -> Step:
    edges = tuple(dict.fromkeys(_edges(recorded)))
    after = [previous] if previous else []
    after += [edge.source for edge in edges]
    return Step(
        name=recorded.name,
        after=tuple(dict.fromkeys(after)),
        edges=edges,
        parameters=tuple(dict.fromkeys(_parameters(recorded.call))),
        group=recorded.group,
        doc=doc,
        source=source,
        call=recorded.call,
    )


def _arguments(call: Mapping[str, Any]) -> Iterator[Expr]:
    yield from call["args"]
    yield from call["kwargs"].values()


def _edges(recorded: Recorded) -> Iterator[Edge]:
    whole = {id(expr): name for name, expr in recorded.bound.items()}
    for expr in _arguments(recorded.call):
        argument = whole.get(id(expr)) if "step" in expr else None
        for kind, name, keys in reads(expr):
            if kind == "step":
                yield Edge(name, keys, argument)


def _parameters(call: Mapping[str, Any]) -> Iterator[str]:
    for expr in _arguments(call):
        yield from (name for kind, name, _ in reads(expr) if kind == "parameter")
