"""The boxes of a picture: a graph's groups and steps, one within the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lolpop.contract import StepGraph


@dataclass(slots=True, eq=False)
class Box:
    """A step or a group, and what is within the group.

    A group whose steps aren't one after the other in program order is drawn as several
    boxes: so an edge always leads from a box to a later one.

    Attributes:
        first: The number of its first step.
        end: The number after that of its last step.
        path: The group's path; the step's group if it is a step.
        children: What is within a group, in program order; empty for a step.
        x: Its left side, from that of the box around it.
        y: Its upper side, from that of the box around it.
        entries: Where nets come in, from its left side; elsewhere in the middle.
        exits: Where nets go out, from its left side; elsewhere in the middle.
    """

    first: int
    end: int
    path: tuple[str, ...]
    children: list[Box] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    entries: dict[tuple[int, bool], float] = field(default_factory=dict)
    exits: dict[tuple[int, bool], float] = field(default_factory=dict)

    @property
    def is_step(self) -> bool:
        """Whether it is a step."""
        return not self.children

    def port(self, key: tuple[int, bool], *, leaving: bool) -> float:
        """Tell where a net touches the box, from its left side."""
        return (self.exits if leaving else self.entries).get(key, self.width / 2)

    def holder(self, step: int) -> int | None:
        """Find the child that holds a step, by its place among the children."""
        if not self.first <= step < self.end:
            return None
        low, high = 0, len(self.children) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.children[middle].first <= step:
                low = middle
            else:
                high = middle - 1
        return low


def nest(graph: StepGraph) -> Box:
    """Put the steps of a graph into the boxes of their groups."""
    paths = [step.group for step in graph.steps]
    return Box(0, len(paths), (), list(_children(paths, 0, len(paths), 0)))


def _children(paths: Sequence[tuple[str, ...]], first: int, end: int, depth: int) -> Iterator[Box]:
    start = first
    while start < end:
        path = paths[start]
        if len(path) == depth:
            yield Box(start, start + 1, path)
            start += 1
            continue
        stop = start
        while stop < end and paths[stop][: depth + 1] == path[: depth + 1]:
            stop += 1
        inner = list(_children(paths, start, stop, depth + 1))
        yield Box(start, stop, path[: depth + 1], inner)
        start = stop
