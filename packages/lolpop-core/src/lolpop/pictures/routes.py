"""The way of each edge through the boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lolpop.pictures.nesting import Box
from lolpop.pictures.nets import Key, Wires
from lolpop.pictures.plan import Plan

LEVEL = 20
"""How far beneath the tops of two neighbours the arrow between them is."""


class Way(NamedTuple):
    """A piece of an edge that leads straight down."""

    x: float
    upper: float
    lower: float


@dataclass(frozen=True, slots=True)
class Route:
    """An edge as it is drawn.

    Attributes:
        source: The number of the step that it comes from; the first one of a group if the
            group as a whole is waited for.
        target: The number of the step that it leads to, likewise.
        is_data: Whether the target reads the source's output, or only waits.
        ways: The straight pieces, downwards; two of no height if it leads sideways.
        is_far: Whether it leads over so many rows that boxes may be in front of it.
    """

    source: int
    target: int
    is_data: bool
    ways: tuple[Way, ...]
    is_far: bool = False

    @property
    def is_sideways(self) -> bool:
        """Whether it leads to a neighbour in the same row."""
        return self.ways[0].upper == self.ways[-1].lower


def routes(root: Box, edges: Wires, plans: Mapping[int, Plan]) -> Iterator[Route]:
    """Find the way of every edge, in the order of the steps that they lead to."""
    for target, sources in enumerate(edges.sources):
        for source in sources:
            yield _data(root, source, target, plans)
    yield from _waits(root, plans, 0, 0)


def _data(root: Box, source: int, target: int, plans: Mapping[int, Plan]) -> Route:
    ways, is_far = _trace(root, source, target, Key(source, True), plans)
    return Route(source, target, True, tuple(ways), is_far)


def _waits(box: Box, plans: Mapping[int, Plan], x: float, y: float) -> Iterator[Route]:
    made = plans[id(box)]
    for net in made.nets.values():
        for stop in sorted(net.stops if not net.key.is_data else ()):
            assert net.start is not None
            start, end = box.children[net.start], box.children[stop]
            ways, is_far = _between(made, net.key, net.start, stop)
            moved = tuple(_moved(ways, x, y))
            yield Route(start.first, end.first, False, moved, is_far)
    for child in box.children:
        if not child.is_step:
            yield from _waits(child, plans, x + child.x, y + child.y)


def _trace(
    box: Box, source: int | None, target: int | None, key: Key, plans: Mapping[int, Plan]
) -> tuple[list[Way], bool]:
    """Lead from a step to another, None for the box's upper and lower side."""
    start = None if source is None else box.holder(source)
    stop = None if target is None else box.holder(target)
    if start is not None and start == stop:
        return _inside(box.children[start], source, target, key, plans)
    ways, is_far = _between(plans[id(box)], key, start, stop)
    if start is not None and not box.children[start].is_step:
        inner, far = _inside(box.children[start], source, None, key, plans)
        ways, is_far = [*inner, *ways], is_far or far
    if stop is not None and not box.children[stop].is_step:
        inner, far = _inside(box.children[stop], None, target, key, plans)
        ways, is_far = [*ways, *inner], is_far or far
    return ways, is_far


def _inside(
    child: Box, source: int | None, target: int | None, key: Key, plans: Mapping[int, Plan]
) -> tuple[list[Way], bool]:
    ways, is_far = _trace(child, source, target, key, plans)
    return _moved(ways, child.x, child.y), is_far


def _moved(ways: list[Way], x: float, y: float) -> list[Way]:
    return [Way(way.x + x, way.upper + y, way.lower + y) for way in ways]


def _between(made: Plan, key: Key, start: int | None, stop: int | None) -> tuple[list[Way], bool]:
    """Lead from a child to another within one group."""
    first, last = made.line_of(start), made.line_of(stop, leaving=True)
    if start is not None and stop is not None and first == last:
        return _sideways(made.box.children[start], made.box.children[stop]), False
    ways = []
    lane = made.nets[key].lane
    if start is not None:
        child = made.box.children[start]
        x = child.x + child.port(key, leaving=True)
        ways.append(Way(x, child.y + child.height, made.bottoms[first]))
    passed = range(first + (start is not None), last + (stop is None))
    lanes = [(line, made.lanes[lane, line]) for line in passed if (lane, line) in made.lanes]
    ways += [Way(slot.middle, made.tops[line], made.bottoms[line]) for line, slot in lanes]
    if stop is not None:
        child = made.box.children[stop]
        ways.append(Way(child.x + child.port(lane, leaving=False), child.y, child.y))
    return ways, len(lanes) < len(passed)


def _sideways(one: Box, other: Box) -> list[Way]:
    level = one.y + LEVEL
    return [Way(one.x + one.width, level, level), Way(other.x, level, level)]
