"""One attempt of a step: its claim, its lease, its log and how it ended."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lolpop.contract import AttemptStatus, StepState
from lolpop.errors import NotFoundError
from lolpop.storage.artifacts import Artifact, keys
from lolpop.storage.journal import Journal
from lolpop.storage.names import joined

LEASE = 20.0
"""Seconds after which an attempt that wasn't renewed has crashed."""

CRASHED = "its process ended without a word"
DAMAGED = "the record of its end can't be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That an attempt has started; the fields are those of `AttemptStatus`."""

    step: str
    engine_attempt: int | None
    host: str
    pid: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How an attempt ended.

    Attributes:
        state: Its last state.
        error: 'Type: message', or None.
        exit_code: That of its process, or None.
        output: What it gave, if it succeeded.
        inputs: The digests of what it was given: by the names of the steps that made them,
            with the keys of an element behind, as in `load.split[0]`.
        ended_at: When.
    """

    state: StepState
    error: str | None = None
    exit_code: int | None = None
    output: Artifact | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    ended_at: datetime


def claimed(step: str, engine_attempt: int | None) -> Claim:
    """Make the claim of this process."""
    return Claim(
        step=step,
        engine_attempt=engine_attempt,
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=now(),
    )


def now() -> datetime:
    """Give the time of this machine."""
    return datetime.now(UTC)


class Attempt:
    """One attempt, as the process that makes it or one that looks at it sees it.

    Attributes:
        number: Its number in the records, from 0.
    """

    def __init__(self, journal: Journal, prefix: str, number: int) -> None:
        self.number = number
        self._journal = journal
        self._store = journal.store
        self._prefix = joined(prefix, name_of(number))
        self._chunk = 0

    def renew(self) -> None:
        """Say that the attempt is alive, for the next 20 seconds."""
        self._store.write(self._key("lease.json"), b"{}")

    def close(
        self,
        state: StepState,
        error: str | None = None,
        exit_code: int | None = None,
        output: Artifact | None = None,
        inputs: Mapping[str, str] | None = None,
        *,
        durable: bool = True,
    ) -> bool:
        """Record how it ended; False, and nothing changes, if that is recorded already.

        An engine goes on after a crash of this host, so what it is told must be on the disk:
        first the output, then the record that names it.
        """
        closing = Closing(
            state=state,
            error=error,
            exit_code=exit_code,
            output=output,
            inputs=inputs or {},
            ended_at=now(),
        )
        if durable and output and self._store.is_local:
            self._store.settle(keys(self._store, output.digest))
        return self._journal.create(self._key("close.json"), closing, durable=durable)

    def lasting(self) -> list[str]:
        """Give the keys of what it left: its output, and how it ended."""
        closing = self.closing
        output = keys(self._store, closing.output.digest) if closing and closing.output else []
        return [*output, self._key("close.json")]

    def begin_log(self) -> None:
        """Make the log where the umask would keep it from those who share the storage."""
        if self._store.is_shared:
            self._store.create(self._key("log"), b"")

    @property
    def claim(self) -> Claim | None:
        """Who makes it, or None if that can't be read."""
        return self._journal.read(Claim, self._key("claim.json"))

    @property
    def closing(self) -> Closing | None:
        """How it ended, or None if it didn't or that can't be read."""
        return self._journal.read(Closing, self._key("close.json"))

    @property
    def is_claimed(self) -> bool:
        """Whether a process has begun it."""
        return self._store.exists(self._key("claim.json"))

    @property
    def is_closed(self) -> bool:
        """Whether its end is recorded."""
        return self._store.exists(self._key("close.json"))

    @property
    def is_alive(self) -> bool:
        """Whether it isn't closed and its lease runs, by the storage's own clock.

        A lease that begins later than now is of a clock that was wrong, and not for ever.
        """
        return not self.is_closed and abs(self._store.age(self._last_sign())) <= LEASE

    @property
    def age(self) -> float:
        """The seconds since it began, by the storage's own clock."""
        return self._store.age(self._key("claim.json"))

    def status(self) -> AttemptStatus:
        """Tell where it stands."""
        closing, claim = self.closing, self.claim
        state, error = self._state(closing)
        return AttemptStatus(
            attempt=self.number,
            engine_attempt=claim.engine_attempt if claim else None,
            state=state,
            error=error,
            exit_code=closing.exit_code if closing else None,
            host=claim.host if claim else None,
            pid=claim.pid if claim else None,
            started_at=claim.started_at if claim else self._time("claim.json"),
            ended_at=self._ended_at(state, closing),
            inputs=closing.inputs if closing else {},
        )

    def _state(self, closing: Closing | None) -> tuple[StepState, str | None]:
        if closing:
            return closing.state, closing.error
        if self.is_closed:
            return StepState.CRASHED, DAMAGED
        return (StepState.RUNNING, None) if self.is_alive else (StepState.CRASHED, CRASHED)

    def _ended_at(self, state: StepState, closing: Closing | None) -> datetime | None:
        if closing or not state.is_over:
            return closing.ended_at if closing else None
        return self._time(self._last_sign().rpartition("/")[2])

    def _last_sign(self) -> str:
        lease = self._key("lease.json")
        return lease if self._store.exists(lease) else self._key("claim.json")

    def _time(self, name: str) -> datetime:
        return datetime.fromtimestamp(self._store.modified(self._key(name)), UTC)

    def _key(self, name: str) -> str:
        return joined(self._prefix, name)

    @property
    def log_path(self) -> Path | None:
        """The file of its log, or None where the storage is no folder."""
        return self._store.local_path(self._key("log"))

    def append_log(self, data: bytes) -> None:
        """Add to the log; what was added outlives this process, however that ends.

        Where the storage is no folder, each call makes an object: call it seldom.
        """
        if path := self.log_path:
            with path.open("ab") as file:
                file.write(data)
            return
        while not self._store.create(self._key(f"log/{self._chunk:08}"), data):
            self._chunk += 1
        self._chunk += 1

    @property
    def has_unended_line(self) -> bool:
        """Whether the log's last line isn't ended; a folder alone tells."""
        try:
            with open(self.log_path or os.devnull, "rb") as file:  # noqa: PTH123 - may be null
                file.seek(-1, os.SEEK_END)
                return file.read() != b"\n"
        except OSError:  # there is none, or nothing in it
            return False

    def read_log(self, start: int = 0) -> bytes:
        """Give the log from a byte on; empty if there is nothing yet."""
        if path := self.log_path:
            return _tail(path, start)
        found = []
        for key, size in self._store.sizes(self._key("log")).items():
            if start < size:
                found.append(self._store.read(key)[start:])
            start = max(0, start - size)
        return b"".join(found)


def name_of(number: int) -> str:
    """Give the folder of an attempt."""
    return f"{number:04}"


def _tail(path: Path, start: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read()
    except (FileNotFoundError, NotFoundError):
        return b""
