"""Why a step, or the result, isn't what it is in the plain run."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, time, timedelta
from time import time as now
from typing import Any

from lolpop.contract import Step, StepGraph
from lolpop.errors import LolpopError, StorageError, UnstorableError
from lolpop.rehearsal.comparison import Difference
from lolpop.rehearsal.plain import Call
from lolpop.rehearsal.report import Cause, Why
from lolpop.rehearsal.staged import Played, Stage
from lolpop.rehearsal.values import Values
from lolpop.steps.expressions import reads

_MOST = 3
"""How many files or attributes a message names."""

_LARGEST = 1_000_000_000
"""Bytes of files that are copied for one trial."""

_NEAR = 3600.0
"""Seconds from now within which a number is taken for a time."""


class Diagnosis:
    """Finds out why something differs, by what was seen and by trials.

    Args:
        graph: The steps.
        calls: The plain run's calls.
        stage: Makes trials.
        values: Loads and compares values.
        unpackaged: The project's files that aren't in the package.
    """

    def __init__(
        self,
        graph: StepGraph,
        calls: Mapping[str, Call],
        stage: Stage,
        values: Values,
        unpackaged: Collection[str],
    ) -> None:
        self._graph = graph
        self._calls = calls
        self._stage = stage
        self._values = values
        self._unpackaged = unpackaged

    def of_step(self, name: str, played: Played, found: Difference | None) -> Why:
        """Say why a step differs.

        Args:
            name: The first step that differs, so what it gets from others is equal.
            played: What the step gave.
            found: Where its output differs, or None if there is none to compare.
        """
        step, call = self._graph.step(name), self._calls[name]
        looks: tuple[Callable[[], Why | None], ...] = (
            lambda: _unstorable(call),
            lambda: self._lost(step.inputs),
            lambda: self._changed_input(step, call),
            lambda: self._file(step, call, played),
            lambda: self._missing(name, call, played),
            lambda: self._pickling(played),
            lambda: self._unrepeatable(name, played, found),
            lambda: self._hashing(name, played),
            lambda: self._state(call, self._before(name)),
        )
        return next(filter(None, (look() for look in looks)), _OUTSIDE)

    def of_result(self) -> Why:
        """Say why the result differs though every step's output is equal."""
        read = [] if self._graph.result is None else list(reads(self._graph.result))
        sources = [name for kind, name, _ in read if kind == "step"]
        after = [step for step in self._graph.steps if self._calls[step.name].changed]
        lost = self._lost(sources)
        return lost or self._in_place({name for _, name, _ in read}, after) or _KEPT

    def _lost(self, sources: Iterable[str]) -> Why | None:
        for name in sources:
            if lost := self._calls[name].lost:
                text = f"the output of {self._shown(name)} {lost}"
                hint = "return plain values, or let `__getstate__` of its class give all of it"
                return Why(Cause.STORING, text, hint)
        return None

    def _changed_input(self, step: Step, call: Call) -> Why | None:
        outputs = {name: made.output for name, made in self._calls.items()}
        try:
            argument = self._values.inputs(step.name, call, lambda name: str(outputs[name]))
        except LolpopError:
            return None
        if argument is None:
            return None
        read = {*step.inputs, *step.parameters}
        changing = [each for each in self._before(step.name) if self._calls[each.name].changed]
        return self._in_place(read, changing) or _KEPT

    def _in_place(self, read: set[str], changing: list[Step]) -> Why | None:
        """Name a step that changes what others read; one that reads the same comes first."""
        if not changing:
            return None
        shares = [step for step in changing if read & {*step.inputs, *step.parameters}]
        step = (shares or changing)[-1]
        argument = self._calls[step.name].changed[0]
        text = f"{self._shown(step.name)} changes its argument {argument!r} in place"
        hint = f"let {step.name!r} return what it makes, and hand that on"
        return Why(Cause.IN_PLACE, text, hint)

    def _file(self, step: Step, call: Call, played: Played) -> Why | None:
        written = {name: each for each in self._before(step.name) for name in self._files(each)}
        if not self._helps(step.name, call, written):
            return None
        needed = _mentioned(written, call, played) or list(written)
        writer = written[needed[0]].name
        text = f"it reads {_few(needed)}, which {self._shown(writer)} leaves in the working folder"
        hint = f"let {writer!r} return the file as a `Path`, and take that as an argument"
        return Why(Cause.FILE, text, hint)

    def _missing(self, name: str, call: Call, played: Played) -> Why | None:
        needed = _mentioned(self._unpackaged, call, played)
        if not self._helps(name, call, needed):
            return None
        text = f"it reads {_few(needed)}, which isn't packaged"
        hint = f"package it: package: {{include: [{', '.join(map(repr, needed[:_MOST]))}]}}"
        return Why(Cause.UNPACKAGED, text, hint)

    def _helps(self, name: str, call: Call, files: Collection[str]) -> bool:
        """Whether a step gives what it gives plainly, if it finds some files."""
        if not files or self._stage.size(files) > _LARGEST:
            return False
        again = self._stage.attempt(name, files=tuple(files))
        return again.output is not None and self._same(str(call.output), again.output)

    def _pickling(self, played: Played) -> Why | None:
        try:
            unsteady = played.output is not None and self._values.is_unsteady(played.output)
        except StorageError:
            return None
        return _PICKLING if unsteady else None

    def _unrepeatable(self, name: str, played: Played, found: Difference | None) -> Why | None:
        if not any(self._differs(played, self._stage.attempt(name)) for _ in range(2)):
            return None
        seeded = [self._stage.attempt(name, seed=7) for _ in range(2)]
        if not self._differs(*seeded):
            return _RANDOMNESS
        return _clock(found) or _UNREPEATABLE

    def _hashing(self, name: str, played: Played) -> Why | None:
        others = (self._stage.attempt(name, hash_seed=seed) for seed in (1, 2, 3))
        return _HASHING if any(self._differs(played, other) for other in others) else None

    def _state(self, call: Call, before: list[Step]) -> Why | None:
        """Name the last step that leaves state behind, one that this one mentions if any."""
        leaving = {step.name: self._calls[step.name].state for step in before}
        mentioned = {
            name: [each for each in state if each.rpartition(".")[2] in call.names]
            for name, state in leaving.items()
        }
        found = [*leaving.items(), *mentioned.items()]
        name, state = next(((name, state) for name, state in reversed(found) if state), ("", ()))
        if not state:
            return None
        text = f"{self._shown(name)} leaves state behind that it may read: {_few(state)}"
        hint = "return what others need and take it as an argument: every step starts afresh"
        return Why(Cause.STATE, text, hint)

    def _differs(self, first: Played, second: Played) -> bool:
        """Whether two attempts of one step gave something else."""
        if first.output is None or second.output is None:
            return first.output != second.output
        return not self._same(first.output, second.output)

    def _same(self, first: str, second: str) -> bool:
        try:
            return self._values.compared(first, second) is None
        except StorageError:
            return False

    def _before(self, name: str) -> list[Step]:
        names = [step.name for step in self._graph.steps]
        return list(self._graph.steps[: names.index(name)])

    def _files(self, step: Step) -> tuple[str, ...]:
        return self._calls[step.name].files

    def _shown(self, name: str) -> str:
        return shown(self._graph.step(name))


def shown(step: Step) -> str:
    """Name a step, and where its method stands."""
    return f"{step.name!r} ({step.source})" if step.source else repr(step.name)


def _mentioned(files: Iterable[str], call: Call, played: Played) -> list[str]:
    """Choose the files that a step's error or its code names."""
    texts = {*call.names, *re.findall(r"'([^']+)'", played.error)}
    named = tuple(f"/{text.strip('/')}/" for text in texts if text)
    return [file for file in files if any(name in f"/{file}/" for name in named)]


def _unstorable(call: Call) -> Why | None:
    if not isinstance(call.output, UnstorableError):
        return None
    text = "what a step returns goes through the storage"
    return Why(Cause.UNSTORABLE, text, call.output.hint or "return what it was made from")


def _clock(found: Difference | None) -> Why | None:
    return _CLOCK if found and all(map(_is_time, found.values)) else None


def _is_time(value: Any) -> bool:
    if isinstance(value, (int, float)):
        return abs(value - now()) < _NEAR
    return isinstance(value, (date, time, timedelta))


def _few(names: Iterable[str]) -> str:
    listed = [name if " " in name else repr(name) for name in names]
    more = len(listed) - _MOST
    return ", ".join(listed[:_MOST]) + (f" and {more} more" if more > 0 else "")


_PICKLING = Why(
    Cause.PICKLING,
    "its output doesn't pickle deterministically: one value pickles to another one each time",
    "let `__reduce__` or `__getstate__` of its class give the same for the same value",
)
_RANDOMNESS = Why(
    Cause.RANDOMNESS,
    "it draws random numbers without a seed: it gives something else each time,"
    " but not after `random.seed` and `numpy.random.seed`",
    "seed in the step itself, from a parameter: what another step seeds isn't seeded here",
)
_CLOCK = Why(
    Cause.CLOCK,
    "it depends on the clock: it gives another time each time",
    "take the time as a parameter, or leave it out of what the step returns",
)
_UNREPEATABLE = Why(
    Cause.UNREPEATABLE,
    "it gives something else each time, whatever is seeded: a generator of its own without"
    " a seed, an identifier made up, the clock, or something outside of the workflow",
    "give its generators a seed, and take what comes from outside as a parameter",
)
_HASHING = Why(
    Cause.HASHING,
    "it depends on the order of a set, which is another one in each process",
    "sort it: steps run with PYTHONHASHSEED=0, a plain run doesn't",
)
_KEPT = Why(
    Cause.IN_PLACE,
    "an output is changed after it was returned, by whoever else holds the object",
    "return a copy, or hand the change on as an output of its own",
)
_OUTSIDE = Why(
    Cause.OUTSIDE,
    "of state outside of the values that are handed over, such as a library's settings",
    "set it up in each step that needs it, and hand over values alone",
)
