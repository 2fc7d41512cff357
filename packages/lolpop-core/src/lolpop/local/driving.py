"""Who drives a run: its supervisor holds a lock, which the kernel frees however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from lolpop.contract import RunState, StepState
from lolpop.errors import DamagedError, StorageError
from lolpop.execution.processes import end, of_attempts, tokens_of
from lolpop.local.index import Index
from lolpop.local.rows import Row
from lolpop.storage import Store
from lolpop.storage.access import who_may
from lolpop.storage.folder import Folder
from lolpop.storage.records import RunRecord, Runs

DIED = "RunCrashed: the process that drove the run died"
_STEP_DIED = "StepCrashed: the process that drove the run died"


def log_of(index: Index, run_id: str) -> Path:
    """Give the file that a run's supervisor prints to; the lock is on it as well."""
    return index.path.parent / f"{run_id}.log"


@contextmanager
def claimed(log: Path) -> Iterator[int]:
    """Claim a run before it is known to anybody; a child that gets the descriptor keeps it.

    So there is no moment at which a run waits for a supervisor that never comes.
    """
    with _opened(log) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _opened(log: Path) -> BinaryIO:
    try:
        access = Folder(log.parents[1]).make(log.parent)
        file = log.open("ab")
        os.fchmod(file.fileno(), access.file)
    except OSError as error:
        raise StorageError(
            f"the log of a run {str(log)!r} can't be made: {error.strerror}",
            url=str(log),
            hint=who_may(log.parents[1]),
        ) from error
    return file


def is_driven(index: Index, row: Row) -> bool:
    """Whether a process drives a run, or is about to."""
    try:
        with log_of(index, row.id).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def noticed(index: Index, store: Store, row: Row) -> Row:
    """Notice that what drove a run died: end what it left, and close the records truthfully.

    Args:
        index: The index.
        store: The storage of the records.
        row: The run as it was last seen.

    Returns:
        The run as it stands now.
    """
    if row.state.is_over or is_driven(index, row):
        return row
    if not index.may_write:
        return _assumed(store, row)
    record = record_of(store, row)
    if record and record.ended is None:
        asked = record.stopping or row.state is RunState.STOPPING
        close_attempts(record, StepState.CANCELLED if asked else StepState.CRASHED)
        if asked:
            record.end(RunState.CANCELLED)
        else:
            record.end(RunState.CRASHED, error=DIED)
    # The record is the truth, if its supervisor died just after it wrote that.
    ended = record.ended if record else None
    died = f"RunCrashed: {row.damage}" if row.damage else DIED
    index.end(row.id, ended.state if ended else RunState.CRASHED, ended.error if ended else died)
    return index.run(row.id) or row


def close_attempts(record: RunRecord, state: StepState) -> None:
    """End what is left of a run's attempts, and close those that nobody closed."""
    end(of_attempts(tokens_of(record)), grace=0.0)
    for attempt in record.every_attempt():
        if not attempt.is_closed:
            attempt.close(state, error=_STEP_DIED if state is StepState.CRASHED else None)


def _assumed(store: Store, row: Row) -> Row:
    """Say where a run stands that who looks may not note: its record has the last word."""
    record = Runs(store).look(row.ref)
    ended = record.ended if record else None
    if ended is None:
        return replace(row, state=RunState.CRASHED, error=DIED)
    return replace(row, state=ended.state, error=ended.error, ended_at=ended.at)


def record_of(store: Store, row: Row) -> RunRecord | None:
    """Open a run's record, which its supervisor may not have made yet.

    One that is damaged has a stand-in; of a damaged row there may be none.
    """
    runs = Runs(store)
    if row.damage:
        return runs.look(row.ref)
    try:
        return runs.open(row.ref, row.package, row.spec.digest(row.package), row.parameters)
    except DamagedError:
        return runs.stand_in(row.ref, row.package, row.parameters)
