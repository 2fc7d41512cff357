"""What a step gave: found in the records, and loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lolpop.contract import StepState, StepStatus
from lolpop.deploying.standing import History
from lolpop.errors import LolpopError, NotFoundError, UsageError, nearest
from lolpop.execution.session import cache_of
from lolpop.package.opening import unpack
from lolpop.package.reopening import blueprint
from lolpop.pictures import words
from lolpop.storage import artifacts
from lolpop.storage.artifacts import Artifact, Element
from lolpop.storage.preview import preview, type_name
from lolpop.storage.records import RunRecord
from lolpop.workflow.project import working_in


@dataclass(frozen=True, slots=True)
class Loaded:
    """A value, and the folder that its files were put into."""

    value: Any
    folder: Path


def find_output(
    history: History, record: RunRecord, step: str, number: int | None = None
) -> Artifact:
    """Find what a step stored.

    Args:
        history: The runs of the storage.
        record: The run.
        step: The step's name.
        number: The attempt, from 1; None for the newest one that succeeded.

    Raises:
        NotFoundError: There is no such step or attempt, or it stored nothing.
    """
    status = _step(history, record, step)
    output = _of_attempt(record, status, number) if number else record.output(step)
    if output is None:
        raise NotFoundError(
            f"step {step!r} has no output in run {record.ref.run_id!r}: {_why(status, number)}",
            hint=f"`lolpop runs show {record.ref.run_id}` shows all steps",
        )
    return output


def _step(history: History, record: RunRecord, step: str) -> StepStatus:
    steps = {each.name: each for each in history.status(record).steps}
    if step in steps:
        return steps[step]
    likely = nearest(step, steps)
    hint = f"did you mean {likely!r}?" if likely else f"there is {', '.join(steps) or 'none'}"
    raise NotFoundError(f"run {record.ref.run_id!r} has no step {step!r}", hint=hint)


def _of_attempt(record: RunRecord, status: StepStatus, number: int) -> Artifact | None:
    attempts = {attempt.number + 1: attempt for attempt in record.attempts(status.name)}
    if number not in attempts:
        made = words.counted(len(attempts), "attempt") if attempts else "no attempt"
        raise NotFoundError(
            f"step {status.name!r} has {made} in run {record.ref.run_id!r}, not a number {number}",
            hint="attempts count from 1",
        )
    closing = attempts[number].closing
    return closing.output if closing else None


def _why(status: StepStatus, number: int | None) -> str:
    attempts = [each for each in status.attempts if number in (None, each.attempt + 1)]
    if not attempts:
        return "it was skipped" if status.state is StepState.SKIPPED else "it hasn't started"
    last = attempts[-1]
    if last.state is StepState.RUNNING:
        return "it is running"
    was = "was " if last.state is StepState.CANCELLED else ""
    return f"it {was}{last.state.value}" + (f": {last.error}" if last.error else "")


@contextmanager
def loaded(
    history: History, record: RunRecord, artifact: Artifact, element: Element = ()
) -> Iterator[Loaded]:
    """Load an output, or an element of it; its files are gone afterwards.

    Unpickling runs code: the project's, as the run's package has it.

    Raises:
        NotFoundError: It isn't in the storage any more, or has no such element.
        StorageError: It is damaged, or its classes can't be imported here.
    """
    with TemporaryDirectory(prefix="lolpop-") as name:
        folder = Path(name)
        with working_in(folder, _roots(history, record)):
            value = _value(history, artifact, folder, element)
            yield Loaded(value, folder)


def _value(history: History, artifact: Artifact, folder: Path, element: Element) -> Any:
    try:
        return artifacts.get(history.store, artifact.digest, folder, element, verify=True)
    except LolpopError:
        raise
    except Exception as error:  # what has elements says in its own way that one is missing
        whole = artifacts.get(history.store, artifact.digest, folder)
        raise _no_element(whole, element) from error


def _roots(history: History, record: RunRecord) -> list[Path]:
    """Give where the classes of the run's package are imported from, if that is still there."""
    store = history.store
    try:
        opened = unpack(store, record.package_digest, cache_of(store) / "packages")
        if opened.manifest.local_file:
            blueprint(opened)  # classes of a `-l` file are found nowhere else
    except LolpopError:
        return []
    return [opened.project / root for root in opened.manifest.roots]


def element_of(texts: Sequence[str]) -> Element:
    """Read the keys that lead to an element: whole numbers, and strings with or without quotes."""
    return tuple(map(_key, texts))


def _key(text: str) -> Any:
    try:
        key = json.loads(text)
    except ValueError:
        return text
    return key if type(key) in (int, str) else text


def _no_element(value: Any, element: Element) -> UsageError:
    found: list[Any] = []
    with suppress(Exception):
        for key in element:
            value = value[key]
            found.append(key)
    where = f"element {words.element(tuple(found))} of the output" if found else "the output"
    missing = words.element(element[len(found) : len(found) + 1])
    return UsageError(f"{where}, {type_name(value)}, has no element {missing}", hint=_has(value))


def _has(value: Any) -> str:
    if isinstance(value, dict):
        return f"it has {', '.join(map(repr, value)) or 'none'}"
    if isinstance(value, list | tuple):
        return f"it has {words.counted(len(value), 'element')}, counted from 0"
    return f"it is {preview(value)}"
