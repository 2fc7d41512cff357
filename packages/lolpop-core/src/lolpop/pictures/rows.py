"""Which boxes stand beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lolpop.pictures.nesting import Box
from lolpop.pictures.nets import Key, Net

GAP = 28
"""Pixels between boxes that stand side by side."""

STRIDE = 52
"""Pixels between boxes that an arrow joins sideways."""

WIDEST = 1200
"""Pixels that a row may take."""


@dataclass(slots=True)
class Rows:
    """The children of a box in rows, from the top.

    Attributes:
        rows: The children's numbers, by row.
        row_of: The row of each child.
        joined: The pairs of neighbours that an arrow joins sideways.
        flows: Whether rows are lines, to be read like a text.
    """

    flows: bool
    rows: list[list[int]] = field(default_factory=list)
    row_of: list[int] = field(default_factory=list)
    joined: set[tuple[int, int]] = field(default_factory=set)
    taken: list[float] = field(default_factory=list)

    def ends_with(self, child: int) -> bool:
        """Tell whether a child stands last in its row."""
        return self.rows[self.row_of[child]][-1] == child

    def put(self, child: int, row: int, width: float) -> None:
        """Put a child at the end of the first row from `row` on that has room."""
        while row < len(self.rows) and self.taken[row] + width > WIDEST:
            row += 1
        while row >= len(self.rows):
            self.rows.append([])
            self.taken.append(0)
        self.rows[row].append(child)
        self.row_of.append(row)
        self.taken[row] += width + STRIDE


def arrange(box: Box, nets: Mapping[Key, Net]) -> Rows:
    """Put children into rows so that each stands below or right of what it needs.

    A chain becomes lines that are read like a text if it is a group or long.
    """
    needs = _needs(box, nets.values())
    rows = _fill(box, needs, flows=False)
    count = len(box.children)
    is_chain = len(rows.rows) > 2 and count < 1.5 * len(rows.rows)
    is_long = bool(box.path) or count > 14
    return _fill(box, needs, flows=True) if is_chain and is_long else rows


def _needs(box: Box, nets: Iterable[Net]) -> list[list[tuple[int, bool]]]:
    needs: list[list[tuple[int, bool]]] = [[] for _ in box.children]
    for net in nets:
        if net.start is not None:
            for stop in net.stops:
                needs[stop].append((net.start, net.key.is_data))
    return needs


def _fill(box: Box, needs: list[list[tuple[int, bool]]], *, flows: bool) -> Rows:
    rows = Rows(flows)
    for number, child in enumerate(box.children):
        beside = {
            start
            for start, is_data in needs[number]
            if rows.ends_with(start) and (not is_data or (flows and _steps(box, start, number)))
        }
        lowest = (rows.row_of[start] + (start not in beside) for start, _ in needs[number])
        rows.put(number, max(lowest, default=0), child.width)
        row = rows.rows[rows.row_of[number]]
        if len(row) > 1 and row[-2] in beside:
            rows.joined.add((row[-2], number))
    return rows


def _steps(box: Box, *numbers: int) -> bool:
    return all(box.children[number].is_step for number in numbers)
