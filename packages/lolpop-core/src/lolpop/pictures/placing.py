"""How slots are put in order and apart, so that edges are straight and cross little."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise

from lolpop.pictures.plan import LANE, Plan, Slot
from lolpop.pictures.rows import GAP, STRIDE, WIDEST
from lolpop.pictures.spacing import spread

_WEAK, _FIRM = 0.05, 50.0
"""How much a slot that nothing leads to, and a box that stays at home, insist."""


def place(plan: Plan) -> None:
    """Find the order in each line, and where each slot is."""
    _down(plan)
    plan.lines[0].sort(key=_below)
    _sweep(plan, plan.lines[::-1], _below)
    _down(plan)
    _sweep(plan, plan.lines[::-1], _below)
    _sweep(plan, plan.lines, _around)


def _down(plan: Plan) -> None:
    for line in plan.lines:
        _order(line, plan)
        _sweep(plan, [line], _above)


def _order(line: list[Slot], plan: Plan) -> None:
    """Sort a line by where its slots come from; an arrow's neighbours stay neighbours."""
    boxes = sorted((slot for slot in line if slot.child), key=_number)
    loose = not any(_is_joined(*pair, plan) for pair in pairwise(boxes))
    if not plan.rows.flows and loose and any(slot.above for slot in boxes):
        boxes.sort(key=_above)
    _settle_home(boxes, plan)
    firm = _is_firm(boxes, plan)
    places = {id(slot): slot.home if firm else _above(slot) for slot in boxes}
    for one, other in pairwise(boxes):
        places[id(other)] = max(places[id(one)], places[id(other)])
    ranks = {id(slot): rank for rank, slot in enumerate(boxes)}
    line.sort(key=lambda slot: (places.get(id(slot), _above(slot)), ranks.get(id(slot), -1)))


def _settle_home(boxes: list[Slot], plan: Plan) -> None:
    """Put boxes side by side: from the left in a line of text, else around 0."""
    ends = list(accumulate(_rooms(boxes, plan)))
    shift = boxes[0].width / 2 if boxes and plan.rows.flows else -ends[-1] / 2
    for slot, middle in zip(boxes, ends, strict=False):
        slot.home = middle + shift


def _is_firm(line: list[Slot], plan: Plan) -> bool:
    """Tell whether boxes stay at home: in lines of text, and in rows that are full."""
    return plan.rows.flows or sum(slot.width for slot in line if slot.child) > WIDEST / 3


def _number(slot: Slot) -> int:
    return -1 if slot.number is None else slot.number


def _sweep(plan: Plan, lines: list[list[Slot]], wish: Callable[[Slot], float]) -> None:
    for line in lines:
        firm = _is_firm(line, plan)
        wanted = [slot.home if firm and slot.child else wish(slot) for slot in line]
        weights = [_weight(slot, firm=firm) for slot in line]
        for slot, middle in zip(line, spread(wanted, weights, _rooms(line, plan)), strict=True):
            slot.x = middle - slot.width / 2


def _weight(slot: Slot, *, firm: bool) -> float:
    if slot.child and firm:
        return _FIRM
    return 1.0 if slot.above or slot.below else _WEAK


def _is_joined(one: Slot, other: Slot, plan: Plan) -> bool:
    return (_number(one), _number(other)) in plan.rows.joined


def _rooms(line: list[Slot], plan: Plan) -> list[float]:
    """Tell how far the middle of each slot must be from that of the one before."""
    rooms = [0.0]
    for one, other in pairwise(line):
        gap = GAP if one.child and other.child else LANE
        if _is_joined(one, other, plan):
            gap = STRIDE
        rooms.append((one.width + other.width) / 2 + gap)
    return rooms


def _above(slot: Slot) -> float:
    """Tell where its middle would be if all edges from above were straight."""
    places = [
        upper.x + upper.port(net, leaving=True) - slot.port(net, leaving=False)
        for upper, net in slot.above
    ]
    return sum(places) / len(places) + slot.width / 2 if places else slot.middle


def _below(slot: Slot) -> float:
    """Tell where its middle would be if all edges downwards were straight."""
    places = [
        lower.x + lower.port(net, leaving=False) - slot.port(net, leaving=True)
        for lower, net in slot.below
    ]
    return sum(places) / len(places) + slot.width / 2 if places else slot.middle


def _around(slot: Slot) -> float:
    if slot.above and slot.below:
        return (_above(slot) + _below(slot)) / 2
    return _above(slot) if slot.above else _below(slot)
