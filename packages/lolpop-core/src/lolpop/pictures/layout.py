"""Where every box and every edge of a picture is: a layered layout, in pixels.

Groups are laid out from the innermost outwards. In a group, children stand in rows; an
edge that passes a row gets a lane there, so that it leads around the boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lolpop.contract import StepGraph
from lolpop.pictures import words
from lolpop.pictures.nesting import Box, nest
from lolpop.pictures.nets import Wires, nets, wires
from lolpop.pictures.placing import place
from lolpop.pictures.plan import Plan, Slot, plan
from lolpop.pictures.routes import Route, routes
from lolpop.pictures.rows import arrange

TITLE = 30
"""Height of a group's title."""

MARGIN = 18
BETWEEN = 44
"""Height between rows, where edges cross over."""

_INLETS = 36


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the picture, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph laid out.

    Attributes:
        width: The picture's width.
        height: The picture's height.
        steps: The areas of the steps, by their numbers.
        groups: The groups' paths and areas, outer ones first.
        routes: The edges.
    """

    width: float
    height: float
    steps: tuple[Area, ...]
    groups: tuple[tuple[tuple[str, ...], Area], ...]
    routes: tuple[Route, ...]


def lay_out(graph: StepGraph, sizes: Sequence[tuple[float, float]]) -> Drawing:
    """Lay out a graph.

    Args:
        graph: The graph.
        sizes: The width and height of each step's box, in the graph's order.
    """
    root, edges = nest(graph), wires(graph)
    plans: dict[int, Plan] = {}
    _lay_out(root, edges, sizes, plans)
    placed = list(_areas(root, 0, 0))
    return Drawing(
        root.width,
        root.height,
        tuple(area for box, area in placed if box.is_step),
        tuple((box.path, area) for box, area in placed if not box.is_step),
        tuple(routes(root, edges, plans)),
    )


def _lay_out(
    box: Box, edges: Wires, sizes: Sequence[tuple[float, float]], plans: dict[int, Plan]
) -> None:
    for child in box.children:
        if child.is_step:
            child.width, child.height = sizes[child.first]
        else:
            _lay_out(child, edges, sizes, plans)
    found = nets(box, edges)
    made = plan(box, found, arrange(box, found))
    plans[id(box)] = made
    place(made)
    _settle_across(made)
    _settle_down(made)


def _settle_across(made: Plan) -> None:
    """Move all to the right of the margin, find the width and where edges touch."""
    slots = [slot for line in made.lines for slot in line]
    left = min((slot.x for slot in slots), default=0.0) - MARGIN
    for slot in slots:
        slot.x -= left
        if slot.child:
            slot.child.x = slot.x
    right = max((slot.x + slot.width for slot in slots), default=0.0) + MARGIN
    title = words.columns(made.box.path[-1]) * 7.5 + 2 * MARGIN if made.box.path else 0
    made.box.width = max(right, min(title, 400))
    for (key, line), slot in made.lanes.items():
        if line == 0:
            made.box.entries[key] = slot.middle
        if line == len(made.lines) - 1:
            made.box.exits[key] = slot.middle
    for slot in slots:
        if slot.child and slot.child.is_step:
            _spread_inlets(slot, slot.child)


def _spread_inlets(slot: Slot, step: Box) -> None:
    coming = sorted(slot.above, key=lambda each: each[0].x + each[0].port(each[1], leaving=True))
    keys = list(dict.fromkeys(net.lane for _, net in coming))
    apart = min(_INLETS, (slot.width - 24) / max(len(keys), 1))
    first = slot.width / 2 - apart * (len(keys) - 1) / 2
    step.entries.update({key: first + apart * place for place, key in enumerate(keys)})


def _settle_down(made: Plan) -> None:
    """Put the rows beneath each other, and find the height."""
    top: float = (TITLE if made.box.path else MARGIN) + (BETWEEN - 24 if made.lines[0] else 0)
    made.tops, made.bottoms = [0.0], [0.0]
    for line in made.lines[1:-1]:
        heights = [slot.child.height for slot in line if slot.child]
        made.tops.append(top)
        made.bottoms.append(top + max(heights))
        for slot in line:
            if slot.child:
                slot.child.y = top
        top = made.bottoms[-1] + BETWEEN
    made.box.height = made.bottoms[-1] + (BETWEEN - 18 if made.lines[-1] else MARGIN)
    made.tops.append(made.box.height)
    made.bottoms.append(made.box.height)


def _areas(box: Box, x: float, y: float) -> Iterator[tuple[Box, Area]]:
    for child in box.children:
        area = Area(x + child.x, y + child.y, child.width, child.height)
        yield child, area
        yield from _areas(child, area.x, area.y)
