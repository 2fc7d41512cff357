"""What is known of runs, without asking an engine.

A run is a folder: `run.json`, `stopping.json`, `end.json`, and `steps/<step>/<attempt>/` with
`claim.json`, `lease.json`, `close.json` and the log. Only a lease is ever written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from lolpop.contract import RunRef, RunState, StepStatus
from lolpop.errors import DamagedError, LolpopError, NotFoundError, listing
from lolpop.storage.artifacts import Artifact
from lolpop.storage.attempts import Attempt, Closing, claimed, name_of, now
from lolpop.storage.journal import Journal
from lolpop.storage.location import Store
from lolpop.storage.names import encoded, joined
from lolpop.storage.sequence import next_number

ROOT = "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """How a run began.

    Attributes:
        ref: Its full name.
        package_digest: The package that all of its steps use.
        deployment_digest: The deployment that it was started from, where that is known.
        parameters: Those given for the run.
        parent_run_id: The run whose records hold what it doesn't repeat, or None.
        number: Its place among the runs of the storage, in the order of their beginnings.
        created_at: When the record was made, by the clock of whoever made it.
    """

    ref: RunRef
    package_digest: str
    deployment_digest: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    parent_run_id: str | None = None
    number: int = 0
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """That a run was asked to stop."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended."""

    state: RunState
    error: str | None = None
    at: datetime


class RunRecord:
    """The records of one run.

    Attributes:
        start: How it began.
    """

    def __init__(self, journal: Journal, start: RunStart) -> None:
        self.start = start
        self._journal = journal
        self._prefix = prefix_of(start.ref)

    @property
    def ref(self) -> RunRef:
        """Its full name."""
        return self.start.ref

    @property
    def storage(self) -> str:
        """The URL of the storage that it is in."""
        return self._journal.store.url

    @property
    def package_digest(self) -> str:
        """The package that was pinned when the run began."""
        return self.start.package_digest

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters given for the run."""
        return self.start.parameters

    @property
    def created_at(self) -> datetime:
        """When the record was made."""
        return self.start.created_at

    @property
    def damaged(self) -> Mapping[str, str]:
        """The run's records that couldn't be read so far, and what is wrong with them."""
        inside = self._prefix + "/"
        return {key: why for key, why in self._journal.damaged.items() if key.startswith(inside)}

    @property
    def damage(self) -> str | None:
        """That records of it, of those that were read so far, can't be read; None if they can."""
        return f"these records can't be read: {listing(self.damaged)}" if self.damaged else None

    def mark_stopping(self, reason: str) -> bool:
        """Record that it shall stop; False if that is recorded already."""
        mark = Stopping(reason=reason, at=now())
        return self._journal.create(self.key("stopping.json"), mark, durable=True)

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._journal.store.exists(self.key("stopping.json"))

    def end(self, state: RunState, error: str | None = None) -> bool:
        """Record how it ended; False, and nothing changes, if that is recorded already.

        What its attempts made is on the disk before, however they were closed.
        """
        store = self._journal.store
        if store.is_local:
            store.settle(key for attempt in self.every_attempt() for key in attempt.lasting())
        end = RunEnd(state=state, error=error, at=now())
        return self._journal.create(self.key("end.json"), end, durable=True)

    @property
    def ended(self) -> RunEnd | None:
        """How it ended, or None."""
        return self._journal.read(RunEnd, self.key("end.json"))

    def written_at(self) -> list[datetime]:
        """Give when its beginning and its end were recorded, by the storage's own clock."""
        keys = (self.key("run.json"), self.key("end.json"))
        return [
            _written(self._journal.store, key) for key in keys if self._journal.store.exists(key)
        ]

    @property
    def end_damage(self) -> str | None:
        """What is wrong with the record of its end, or None."""
        key = self.key("end.json")
        if self.ended is None and (why := self._journal.damaged.get(key)):
            return f"the record of its end {key!r} can't be read: {why}"
        return None

    def claim(self, step: str, engine_attempt: int | None = None) -> Attempt:
        """Begin the next attempt of a step; no other process gets the same number."""
        number = max((each.number for each in self.attempts(step)), default=-1) + 1
        claim = claimed(step, engine_attempt)
        while True:
            key = joined(self._folder(step), name_of(number), "claim.json")
            if self._journal.create(key, claim):
                attempt = Attempt(self._journal, self._folder(step), number)
                attempt.begin_log()
                return attempt
            number += 1

    def attempts(self, step: str) -> list[Attempt]:
        """Give the attempts of a step, oldest first."""
        return self._attempts(self._folder(step))

    def steps(self) -> list[StepStatus]:
        """Tell where the steps that have started stand, in the order of their starts.

        A step stands where its newest attempt stands: whether an engine will try again is
        not in the records.
        """
        found = [status for folder in self._folders() if (status := self._step(folder))]
        return sorted(found, key=lambda step: step.attempts[0].started_at)

    def output(self, step: str) -> Artifact | None:
        """Give what a step's newest successful attempt stored, here or in a parent's records."""
        for attempt in reversed(self.attempts(step)):
            if (closing := attempt.closing) and closing.output:
                return closing.output
        parent = self._parent()
        return parent.output(step) if parent else None

    @property
    def parent_ref(self) -> RunRef | None:
        """The run whose records hold what this one doesn't repeat, or None."""
        run_id = self.start.parent_run_id
        if run_id is None or run_id == self.ref.run_id:
            return None
        return replace(self.ref, run_id=run_id)

    def every_attempt(self) -> list[Attempt]:
        """Give the attempts of all steps."""
        return [attempt for folder in self._folders() for attempt in self._attempts(folder)]

    def closings(self) -> list[Closing]:
        """Tell how the attempts that are over ended."""
        found = (attempt.closing for attempt in self.every_attempt())
        return [closing for closing in found if closing]

    def _parent(self) -> RunRecord | None:
        return Runs(self._journal.store).find(self.parent_ref) if self.parent_ref else None

    def _folders(self) -> list[str]:
        names = self._journal.store.names(self.key("steps"))
        return [self.key("steps", name) for name in names]

    def _step(self, folder: str) -> StepStatus | None:
        attempts = self._attempts(folder)
        if not attempts:
            return None
        states = tuple(attempt.status() for attempt in attempts)
        names = (attempt.claim for attempt in attempts)
        name = next((claim.step for claim in names if claim), unquote(folder.rpartition("/")[2]))
        return StepStatus(name=name, state=states[-1].state, attempts=states)

    def _attempts(self, folder: str) -> list[Attempt]:
        names = [name for name in self._journal.store.names(folder) if name.isdecimal()]
        found = [Attempt(self._journal, folder, int(name)) for name in names]
        return [each for each in sorted(found, key=lambda each: each.number) if each.is_claimed]

    def _folder(self, step: str) -> str:
        return self.key("steps", encoded(step))

    def key(self, *names: str) -> str:
        """Give a key of the run; with an empty name, the beginning of all of them."""
        return joined(self._prefix, *names)


class Runs:
    """The runs of a storage.

    Attributes:
        damaged: What is wrong with the records that couldn't be read so far, by their keys.
    """

    def __init__(self, store: Store) -> None:
        self._journal = Journal(store)
        self.damaged = self._journal.damaged

    def open(
        self,
        ref: RunRef,
        package_digest: str,
        deployment_digest: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        parent_run_id: str | None = None,
    ) -> RunRecord:
        """Give the record of a run, made now if there is none; what was pinned first holds.

        Raises:
            DamagedError: There is one, and it can't be read.
        """
        key = _start_of(prefix_of(ref))
        if self._journal.store.exists(key):
            return self._demand(ref)
        start = RunStart(
            ref=ref,
            package_digest=package_digest,
            deployment_digest=deployment_digest,
            parameters=parameters or {},
            parent_run_id=parent_run_id,
            number=next_number(self._journal.store, self._highest),
            created_at=now(),
        )
        if self._journal.create(key, start, durable=True):
            return RunRecord(self._journal, start)
        return self._demand(ref)

    def _highest(self) -> int:
        return max((run.start.number for run in self.all()), default=0)

    def find(self, ref: RunRef) -> RunRecord | None:
        """Give the record of a run, or None.

        Raises:
            DamagedError: It can't be read.
        """
        try:
            return self._demand(ref)
        except NotFoundError:
            return None

    def look(self, ref: RunRef) -> RunRecord | None:
        """Give the record of a run as far as it can be read, or None if there is none."""
        try:
            return self._demand(ref)
        except NotFoundError:
            return None
        except DamagedError as error:
            self.damaged[_start_of(prefix_of(ref))] = str(error.__cause__)
            return self.stand_in(ref)

    def stand_in(
        self, ref: RunRef, package_digest: str = "", parameters: Mapping[str, Any] | None = None
    ) -> RunRecord:
        """Stand in for the record of a run that can't be read: what else is recorded holds."""
        start = RunStart(
            ref=ref,
            package_digest=package_digest,
            parameters=parameters or {},
            created_at=self._first_seen(ref),
        )
        return RunRecord(self._journal, start)

    def _first_seen(self, ref: RunRef) -> datetime:
        try:
            return _written(self._journal.store, _start_of(prefix_of(ref)))
        except LolpopError:
            return now()

    def all(
        self, orchestrator: str | None = None, deployment: str | None = None
    ) -> list[RunRecord]:
        """Give all runs, oldest first; those that can't be read are named in `damaged`."""
        prefixes = self.prefixes(orchestrator, deployment)
        starts = (self._journal.read(RunStart, _start_of(prefix)) for prefix in prefixes)
        found = [RunRecord(self._journal, start) for start in starts if start]
        return sorted(found, key=lambda run: (run.start.number, run.created_at))

    def _demand(self, ref: RunRef) -> RunRecord:
        return RunRecord(self._journal, self._journal.demand(RunStart, _start_of(prefix_of(ref))))

    def prefixes(
        self, orchestrator: str | None = None, deployment: str | None = None
    ) -> Iterator[str]:
        """Give the folders of runs, whether their records can be read or not."""
        for first in self._names(ROOT, orchestrator):
            for second in self._names(first, deployment):
                yield from self._names(second, None)

    def _names(self, prefix: str, wanted: str | None) -> list[str]:
        if wanted is not None:
            return [joined(prefix, encoded(wanted))]
        return [joined(prefix, name) for name in self._journal.store.names(prefix)]


def _written(store: Store, key: str) -> datetime:
    return datetime.fromtimestamp(store.modified(key), UTC)


def prefix_of(ref: RunRef) -> str:
    """Give the folder of a run."""
    return joined(ROOT, *map(encoded, (ref.orchestrator, ref.deployment, ref.run_id)))


def _start_of(prefix: str) -> str:
    return joined(prefix, "run.json")
