"""The plan of a group: its rows, and a slot in them for whatever stands or passes there."""

from __future__ import annotations

from dataclasses import dataclass, field

from lolpop.pictures.nesting import Box
from lolpop.pictures.nets import Key, Net
from lolpop.pictures.rows import Rows

LANE = 12
"""Pixels that an edge takes on its way past a row."""

FAR = 24
"""Past this many rows an edge leads straight on, behind the boxes."""


@dataclass(slots=True, eq=False)
class Slot:
    """A place in a line: that of a child, or of a net on its way past the row.

    Attributes:
        width: How wide it is.
        child: The child that stands there, or None if a net passes.
        number: The child's number, or None.
        x: Its left side.
        home: Where its middle would be if nothing passed the row.
        above: The slots that lead to it, each with the net.
        below: The slots that it leads to, each with the net.
    """

    width: float
    child: Box | None = None
    number: int | None = None
    x: float = 0.0
    home: float = 0.0
    above: list[tuple[Slot, Net]] = field(default_factory=list)
    below: list[tuple[Slot, Net]] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """Where its middle is."""
        return self.x + self.width / 2

    def port(self, net: Net, *, leaving: bool) -> float:
        """Tell where a net touches it, from its left side."""
        if self.child is None:
            return self.width / 2
        return self.child.port(net.key if leaving else net.lane, leaving=leaving)


@dataclass(slots=True, eq=False)
class Plan:
    """How a group is laid out within; the root is a group too.

    Attributes:
        box: The group.
        nets: The nets within it.
        rows: Its children in rows.
        lines: The slots of each row; the first line is for what comes into the group, the
            last for what goes out.
        lanes: The slots of each net by line.
        tops: The upper side of each line.
        bottoms: The lower side of each line.
    """

    box: Box
    nets: dict[Key, Net]
    rows: Rows
    lines: list[list[Slot]]
    lanes: dict[tuple[Key, int], Slot] = field(default_factory=dict)
    tops: list[float] = field(default_factory=list)
    bottoms: list[float] = field(default_factory=list)

    def line_of(self, child: int | None, *, leaving: bool = False) -> int:
        """Give the number of a child's line; None is what is around the group."""
        if child is None:
            return len(self.lines) - 1 if leaving else 0
        return self.rows.row_of[child] + 1


def plan(box: Box, nets: dict[Key, Net], rows: Rows) -> Plan:
    """Give each child, and each net in each row that it passes, a slot."""
    made = Plan(box, nets, rows, [[] for _ in range(len(rows.rows) + 2)])
    slots = [Slot(child.width, child, number) for number, child in enumerate(box.children)]
    for number, slot in enumerate(slots):
        made.lines[made.line_of(number)].append(slot)
    for net in nets.values():
        _add(made, net, slots)
    return made


def _add(made: Plan, net: Net, slots: list[Slot]) -> None:
    """Lead a net from line to line; far ones lead on without a slot."""
    start = made.line_of(net.start)
    current = _lane(made, net, 0) if net.start is None else slots[net.start]
    ends = {stop: made.line_of(stop) for stop in net.stops if made.line_of(stop) > start}
    last = made.line_of(None, leaving=True) if net.leaves else max(ends.values(), default=0)
    for line in range(start + 1, last + 1):
        for stop in sorted(stop for stop, end in ends.items() if end == line):
            _link(current, slots[stop], net)
        if net.leaves if line == last else line <= start + FAR:
            following = _lane(made, net, line)
            _link(current, following, net)
            current = following


def _lane(made: Plan, net: Net, line: int) -> Slot:
    if (net.lane, line) not in made.lanes:
        made.lanes[net.lane, line] = Slot(LANE)
        made.lines[line].append(made.lanes[net.lane, line])
    return made.lanes[net.lane, line]


def _link(upper: Slot, lower: Slot, net: Net) -> None:
    """Join two slots, once for each bundle if both are its lanes."""
    if upper.child or all(one is not upper for one, _ in lower.above):
        upper.below.append((lower, net))
        lower.above.append((upper, net))
