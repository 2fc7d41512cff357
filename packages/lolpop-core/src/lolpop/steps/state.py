"""Steps that only work together, since one leaves something behind for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lolpop.steps.effects import ANY, Attribute, Effect, Effects, Spot
from lolpop.steps.expressions import Expr, reads
from lolpop.steps.recording import Recorded, Recording, Route
from lolpop.steps.references import Collapsed, dotted

_Seen = tuple[str, str, tuple[int | str, ...]]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody who reads, in program order."""

    position: int
    route: Route
    name: str
    spot: Spot


def conflicts(
    recording: Recording,
    result: Expr | None,
    effects: Effects,
    stateless: Callable[[str], bool],
) -> dict[Route, Collapsed]:
    """Find the methods that can't be split, because a step needs what another leaves behind.

    Args:
        recording: The steps.
        result: What the entrypoint returns.
        effects: What methods read and write.
        stateless: Whether a step of that name is to be left alone.
    """
    if len(recording.steps) < 1:
        return {}
    found: dict[Route, Collapsed] = {}
    does = [effects.of(step.part, step.method) for step in recording.steps]
    for route, collapsed in _left(recording, does, effects, stateless):
        found.setdefault(route, collapsed)
    for route, collapsed in _in_place(recording, does, result, effects, stateless):
        found.setdefault(route, collapsed)
    return found


def _left(
    recording: Recording,
    does: list[Effect],
    effects: Effects,
    stateless: Callable[[str], bool],
) -> Iterator[tuple[Route, Collapsed]]:
    """Find attributes that a step writes and a later one reads."""
    writers = _writers(recording, does, stateless)
    if not writers:
        return
    for attribute, reader, lazy in _readers(recording, does):
        for key, (index, spot, filled) in _matching(writers, attribute):
            if index < reader.position and not (filled and lazy):
                writer = recording.steps[index]
                yield (
                    _common(writer.route, reader.route),
                    _left_behind(
                        writer, spot, reader, key if attribute[1] == ANY else attribute, effects
                    ),
                )


_Writers = dict[Attribute, tuple[int, Spot, bool]]


def _writers(
    recording: Recording, does: list[Effect], stateless: Callable[[str], bool]
) -> _Writers:
    """Find the first step that writes each attribute; whether it only fills it if unset."""
    found: _Writers = {}
    for index, (step, effect) in enumerate(zip(recording.steps, does, strict=True)):
        if not (effect.writes or effect.lazy) or stateless(step.name):
            continue
        for attribute, spot in effect.writes.items():
            if attribute not in found or found[attribute][2]:
                found[attribute] = (index, spot, False)
        for attribute, spot in effect.lazy.items():
            found.setdefault(attribute, (index, spot, True))
    return found


def _matching(
    writers: _Writers, attribute: Attribute
) -> Iterator[tuple[Attribute, tuple[int, Spot, bool]]]:
    part, name = attribute
    for key, writer in writers.items() if name == ANY else ():
        if key[0] is part:
            yield key, writer
    for key in dict.fromkeys((attribute, (part, ANY))):
        if name != ANY and key in writers:
            yield key, writers[key]


def _readers(recording: Recording, does: list[Effect]) -> Iterator[tuple[Attribute, _Reader, bool]]:
    for index, (step, effect) in enumerate(zip(recording.steps, does, strict=True)):
        for attribute, spot in effect.reads.items():
            reader = _Reader(index, step.route, repr(step.name), spot)
            yield attribute, reader, attribute in effect.lazy
    for read in recording.reads:
        place = (read.file, read.line)
        reader = _Reader(read.before, read.route, "the runner", place)
        yield (read.part, read.attribute), reader, False


def _left_behind(
    writer: Recorded, spot: Spot, reader: _Reader, attribute: Attribute, effects: Effects
) -> Collapsed:
    what = _shown(attribute)
    twice = ", when it is called again," if reader.name == repr(writer.name) else ""
    reason = (
        f"{writer.name!r} writes {what} ({effects.shown(spot)}),"
        f"{twice} which {reader.name} reads ({effects.shown(reader.spot)})"
    )
    hint = (
        "return it and hand it over as an argument, or say that it doesn't matter:"
        f" steps: {{{writer.name}: {{stateless: true}}}}"
    )
    return Collapsed(reason, hint, spot[0], spot[1])


def _shown(attribute: Attribute) -> str:
    part, name = attribute
    whose = part.label if part.parent is None else dotted(part)
    return f"attributes of {whose}" if name == ANY else f"{whose}.{name}"


def _in_place(
    recording: Recording,
    does: list[Effect],
    result: Expr | None,
    effects: Effects,
    stateless: Callable[[str], bool],
) -> Iterator[tuple[Route, Collapsed]]:
    """Find outputs that a step changes in place and a later one reads."""
    if not any(effect.changed for effect in does):
        return
    changes: dict[tuple[str, str], list[tuple[Recorded, str, Spot, _Seen]]] = {}
    for step, effect in zip(recording.steps, does, strict=True):
        for seen in _read_by(step):
            for changer, parameter, spot, changed in changes.get(seen[:2], ()):
                if _overlap(seen[2], changed[2]):
                    route = _common(changer.route, step.route)
                    yield route, _changed(changer, parameter, spot, repr(step.name), effects)
        for parameter, spot in effect.changed.items() if not stateless(step.name) else ():
            expr = step.bound.get(parameter)
            for seen in _reads_of(expr):
                changes.setdefault(seen[:2], []).append((step, parameter, spot, seen))
    for seen in _reads_of(result):
        for changer, parameter, spot, changed in changes.get(seen[:2], ()):
            if _overlap(seen[2], changed[2]):
                yield (), _changed(changer, parameter, spot, "the runner", effects)


def _read_by(step: Recorded) -> Iterator[_Seen]:
    for expr in (*step.call["args"], *step.call["kwargs"].values()):
        yield from reads(expr)


def _reads_of(expr: object) -> Iterator[_Seen]:
    if isinstance(expr, dict):
        yield from reads(expr)


def _overlap(one: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _changed(
    changer: Recorded, parameter: str, spot: Spot, reader: str, effects: Effects
) -> Collapsed:
    reason = (
        f"{changer.name!r} changes its argument {parameter!r} in place ({effects.shown(spot)}),"
        f" which {reader} uses afterwards"
    )
    hint = "let the method return a changed copy, and use that"
    return Collapsed(reason, hint, spot[0], spot[1])


def _common(one: Route, other: Route) -> Route:
    """Give the route of the smallest method that makes both calls."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return one[:length]
