"""What leads from box to box: one net for each output, however many steps read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lolpop.contract import StepGraph
from lolpop.pictures import words
from lolpop.pictures.nesting import Box

_MANY = 8


class Key(NamedTuple):
    """The name of a net: the step whose output it is, or the step that is waited for."""

    source: int
    is_data: bool


@dataclass(slots=True)
class Net:
    """One net as it is within a box.

    Attributes:
        key: Its name.
        start: The child that it comes from, or None if it comes from outside.
        stops: The children that it leads to.
        leaves: Whether it leads out of the box too.
        bundle: The step that it leads to alone, if so many nets do that they go together.
    """

    key: Key
    start: int | None
    stops: set[int] = field(default_factory=set)
    leaves: bool = False
    bundle: int | None = None

    @property
    def lane(self) -> Key:
        """The name of what it is drawn as: its own, or that of the bundle."""
        return self.key if self.bundle is None else Key(-1 - self.bundle, True)


@dataclass(frozen=True, slots=True)
class Wires:
    """The edges of a graph by the numbers of its steps.

    Attributes:
        sources: The steps that each step reads.
        waits: The steps that each step only waits for.
        last: The last step that reads each step, if any does.
    """

    sources: tuple[tuple[int, ...], ...]
    waits: tuple[tuple[int, ...], ...]
    last: Mapping[int, int]


def wires(graph: StepGraph) -> Wires:
    """Write the edges of a graph by the numbers of its steps."""
    numbers = {step.name: number for number, step in enumerate(graph.steps)}
    sources = tuple(tuple(numbers[name] for name in step.inputs) for step in graph.steps)
    waits = tuple(tuple(numbers[name] for name in words.order_only(step)) for step in graph.steps)
    last = {source: reader for reader, each in enumerate(sources) for source in each}
    return Wires(sources, waits, last)


def nets(box: Box, all_wires: Wires) -> dict[Key, Net]:
    """Find the nets within a box."""
    found: dict[Key, Net] = {}
    for number, child in enumerate(box.children):
        for source in _outer_sources(child, all_wires):
            key = Key(source, True)
            net = found.setdefault(key, Net(key, box.holder(source)))
            net.stops.add(number)
        for step in range(child.first, child.end):
            if all_wires.last.get(step, 0) >= box.end:
                key = Key(step, True)
                found.setdefault(key, Net(key, number)).leaves = True
    _bundle(box, found)
    _add_waits(box, all_wires, found)
    return found


def _bundle(box: Box, found: Mapping[Key, Net]) -> None:
    """Let nets go together if many of them lead to one step and nowhere else."""
    alone: dict[int, list[Net]] = {}
    for net in found.values():
        if len(net.stops) == 1 and net.start is not None and not net.leaves:
            alone.setdefault(next(iter(net.stops)), []).append(net)
    for stop, members in alone.items():
        if len(members) > _MANY and box.children[stop].is_step:
            for net in members:
                net.bundle = stop


def _outer_sources(child: Box, all_wires: Wires) -> Iterator[int]:
    for step in range(child.first, child.end):
        yield from (source for source in all_wires.sources[step] if source < child.first)


def _add_waits(box: Box, all_wires: Wires, found: dict[Key, Net]) -> None:
    """Add what is only waited for, from child to child, where no data says so already."""
    joined = {(net.start, stop) for net in found.values() for stop in net.stops}
    for number, child in enumerate(box.children):
        for step in range(child.first, child.end):
            for earlier in all_wires.waits[step]:
                start = box.holder(earlier)
                if start is None or start == number or (start, number) in joined:
                    continue
                joined.add((start, number))
                key = Key(box.children[start].first, False)
                found.setdefault(key, Net(key, start)).stops.add(number)
