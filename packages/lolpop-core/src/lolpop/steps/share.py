"""How many of a workflow's calls became steps."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import FunctionType

from lolpop.contract.graph import Step, StepGraph
from lolpop.steps.effects import resolved
from lolpop.steps.source import Sources
from lolpop.steps.touching import Chain, touches
from lolpop.workflow.blueprint import Blueprint, Part

Classes = tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """Of the calls of pipelines and components, those that became steps.

    Attributes:
        steps: The calls that are a step each.
        calls: All of them: besides the steps, those that stand in what wasn't split.
    """

    steps: int
    calls: int

    def __str__(self) -> str:
        if not self.calls:
            return "no pipeline or component is called"
        percent = round(100 * self.steps / self.calls)
        return f"{self.steps:,} of {self.calls:,} calls became steps ({percent} %)"


def share(blueprint: Blueprint, graph: StepGraph) -> Share:
    """Count the calls that became steps, and those that stand in what wasn't split.

    The latter are counted as the source has them: one in a loop counts once.
    """
    hidden = _Hidden(blueprint)
    collapsed = {collapse.step for collapse in graph.collapses}
    whole = [step for step in graph.steps if step.name in collapsed or not step.call["target"]]
    steps = len(graph.steps) - len(whole)
    return Share(steps, steps + sum(map(hidden.inside, whole)))


class _Hidden:
    def __init__(self, blueprint: Blueprint) -> None:
        self._runner = blueprint.runner
        self._sources = Sources(blueprint.document.folder)

    def inside(self, step: Step) -> int:
        part = self._runner
        for name in step.call["target"]:
            part = part.visible()[name]
        return self._calls(part, _classes(part), step.call["method"], set())

    def _calls(self, part: Part, classes: Classes, name: str, seen: set[FunctionType]) -> int:
        """Count the calls in a method of an integration, and in its own methods that it calls."""
        found = [number for number, cls in enumerate(classes) if name in vars(cls)]
        static = vars(classes[found[0]])[name] if found else None
        function = inspect.unwrap(static) if callable(static) else static
        if not isinstance(function, FunctionType) or function in seen:
            return 0
        seen.add(function)
        definition = self._sources.find(function.__code__)
        touched = touches(definition.node) if definition else []
        chains = [touch.chain for touch in touched if touch.kind == "call"]
        above = classes[found[0] + 1 :]
        return sum(self._call(part, above, chain, seen) for chain in chains)

    def _call(self, part: Part, above: Classes, chain: Chain, seen: set[FunctionType]) -> int:
        if chain[0] == "super()":
            return self._calls(part, above, chain[1], seen)
        target, rest = resolved(part, chain)
        if len(rest) != 1:
            return 0
        return self._calls(part, _classes(part), rest[0], seen) if target is part else 1


def _classes(part: Part) -> Classes:
    return part.cls.__mro__ if part.cls else ()
