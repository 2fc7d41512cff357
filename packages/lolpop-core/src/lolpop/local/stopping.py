"""End runs, verified: the supervisor is asked, and whatever outlives it is ended."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from lolpop.execution.processes import end, of_attempts, tokens_of
from lolpop.local.driving import is_driven, noticed, record_of
from lolpop.local.index import Index
from lolpop.local.rows import Row
from lolpop.storage import Store

_RESERVE = 10.0
_POLL = 0.05


@dataclass(slots=True)
class Ending:
    """What came of stopping some runs.

    Attributes:
        ended: The runs that are over, their processes gone.
        left: What still runs, one phrase each.
    """

    ended: list[Row] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def stop(index: Index, store: Store, rows: Iterable[Row], timeout: float) -> Ending:
    """End runs; return when they and their processes are gone, or the time is up.

    Args:
        index: The index.
        store: The storage of the records.
        rows: The runs, none of them over.
        timeout: Seconds until all must be gone.
    """
    deadline = time.monotonic() + timeout
    reserve = min(_RESERVE, timeout / 2)
    asked = [_ask(index, store, row) for row in rows]
    ending = Ending()
    for row in asked:
        while is_driven(index, row) and time.monotonic() < deadline - reserve:
            time.sleep(_POLL)
        if left := _left(index, store, row):
            ending.left += left
        else:
            ending.ended.append(noticed(index, store, row))
    return ending


def _ask(index: Index, store: Store, row: Row) -> Row:
    """Ask a run's supervisor to stop; one that hasn't taken the run over yet, won't."""
    if record := record_of(store, row):
        record.mark_stopping("asked by stop")
    index.stopping(row.id)
    row = index.run(row.id) or row
    if row.pid is not None and is_driven(index, row):
        # Another user's can't be told: it sees the mark before its next step.
        with suppress(ProcessLookupError, PermissionError):
            os.kill(row.pid, signal.SIGTERM)
    return row


def _left(index: Index, store: Store, row: Row) -> list[str]:
    """End what of a run is alive all the same; say what can't be ended."""
    driven = is_driven(index, row)
    pids = [row.pid] if driven and row.pid else []
    record = record_of(store, row)
    found = end(of_attempts(tokens_of(record) if record else [], pids), grace=2.0)
    host = socket.gethostname()
    left = [f"run {row.id}: process {process.pid} on {host}" for process in found]
    if driven and not pids:
        left.append(f"run {row.id}: its supervisor on {host}, which is still starting")
    return left
