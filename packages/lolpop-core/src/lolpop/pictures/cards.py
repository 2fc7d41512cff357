"""What stands in the box of a step, and how large the box is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lolpop.contract import Collapse, Step, StepGraph, StepSettings, StepState
from lolpop.pictures import words

NAME_COLUMN = 7.9
"""Width in pixels of a column of a step's name; its other texts are smaller."""

TEXT_COLUMN = 6.5
LINE = 15
PADDING = 12
_NARROWEST, _WIDEST = 132, 264


@dataclass(frozen=True, slots=True)
class Card:
    """A step as the picture shows it; sizes in pixels.

    Attributes:
        step: The step.
        name: Its name, cut to the box.
        doc: What it does, cut to the box; may be empty.
        badges: Its parameters, retries and time-out, and whether each is a parameter.
        note: Why it could not be split, in lines.
        state: Where it stands in a run, or None if the picture shows no run.
        width: The width of the box.
        height: The height of the box.
    """

    step: Step
    name: str
    doc: str
    badges: tuple[tuple[str, bool], ...]
    note: tuple[str, ...]
    state: StepState | None
    width: float
    height: float


def badge_width(text: str) -> float:
    """Give the width of a badge, in pixels."""
    return words.columns(text) * TEXT_COLUMN + 12


def cards(
    graph: StepGraph,
    settings: Mapping[str, StepSettings],
    states: Mapping[str, StepState] | None = None,
) -> list[Card]:
    """Make the cards of a graph's steps, in its order."""
    collapses = {collapse.step: collapse for collapse in graph.collapses}
    return [
        _card(
            step,
            settings.get(step.name, StepSettings()),
            collapses.get(step.name),
            None if states is None else states.get(step.name, StepState.PENDING),
        )
        for step in graph.steps
    ]


def _card(
    step: Step, settings: StepSettings, collapse: Collapse | None, state: StepState | None
) -> Card:
    badges = _badges(step, settings)
    width = _width(step, badges, collapse is not None, state is not None)
    fitting = int((width - 2 * PADDING) / TEXT_COLUMN)
    doc = words.cut(words.summary(step.doc), fitting)
    note = _note(collapse, fitting - 1)
    room = width - 2 * PADDING - (20 if state else 0)
    name = words.cut(step.name, int(room / NAME_COLUMN))
    height = 40 + (LINE if doc else 0) + (24 if badges else 0)
    height += len(note) * LINE + 10 if note else 0
    return Card(step, name, doc, badges, note, state, width, height)


def _badges(step: Step, settings: StepSettings) -> tuple[tuple[str, bool], ...]:
    retries = f"{settings.retries} " + ("retry" if settings.retries == 1 else "retries")
    found = [(retries, False)] if settings.retries else []
    if settings.timeout is not None:
        found.append((f"≤ {words.duration(settings.timeout)}", False))
    found += [(words.cut(name, 14), True) for name in step.parameters]
    room = _WIDEST - 2 * PADDING
    while sum(badge_width(text) + 6 for text, _ in found) > room:
        found = [*found[:-2], ("…", found[-2][1])]
    return tuple(found)


def _width(
    step: Step, badges: tuple[tuple[str, bool], ...], collapsed: bool, stated: bool
) -> float:
    name = words.columns(step.name) * NAME_COLUMN + (20 if stated else 0)
    doc = min(words.columns(words.summary(step.doc)) * TEXT_COLUMN, 186)
    row = sum(badge_width(text) + 6 for text, _ in badges)
    wanted = max(name, doc, row, 190 if collapsed else 0) + 2 * PADDING + 2
    return round(min(max(wanted, _NARROWEST), _WIDEST))


def _note(collapse: Collapse | None, width: int) -> tuple[str, ...]:
    if collapse is None:
        return ()
    place = words.cut(f"not split, {collapse.file.split('/')[-1]}:{collapse.line}:", width)
    return (place, *words.wrapped(collapse.reason, width, 4))
