"""End runs, verified: Prefect is asked, and the processes are looked at."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lolpop.contract import RunRef, RunState
from lolpop.errors import ContractError, NotFoundError, StorageError
from lolpop.execution.leftovers import end_leftovers, is_alive
from lolpop.execution.processes import end, of_attempts, tokens_of
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs, prefix_of
from lolpop_prefect.job import NAME, Pointer
from lolpop_prefect.runs import state_of

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State

_POLL = 0.3
_GRACE = 5.0
_PATIENCE = 15.0
"""Seconds for the worker to end a run: one that it was just starting it forgets to end."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A run that Prefect was told to end.

    Attributes:
        id: Prefect's id of it.
        ref: Its full name.
        record: Its record, marked as stopping; None if it has none, or none that can be read.
        trouble: Why the record can't be read, or None.
    """

    id: UUID
    ref: RunRef
    record: RunRecord | None = None
    trouble: str | None = None


class Stopping:
    """Ends runs of one deployment, each by itself: what is wrong with one keeps none of the others.

    Args:
        client: The API.
        name: The deployment's name.
        pointer: What the deployment points at.
        timeout: Seconds until all must be gone.
    """

    def __init__(
        self, client: SyncPrefectClient, name: str, pointer: Pointer, timeout: float
    ) -> None:
        began = time.monotonic()
        self.client = client
        self.name = name
        self.pointer = pointer
        self.deadline = began + timeout
        self.patience = began + min(_PATIENCE, timeout / 2)
        self.store = Store(pointer.storage)
        self.records = Runs(self.store)

    def is_alive(self, run: FlowRun) -> bool:
        """Whether a run isn't over, or has crashed and left a step alive.

        Raises:
            StorageError: The storage can't be reached. A damaged record is passed over: it would
                tell nothing of a run that Prefect calls over.
        """
        state = state_of(run)
        if state is not RunState.CRASHED:
            return not state.is_over
        ref = self._ref(run)
        try:
            record = self.records.find(ref)
        except StorageError:
            self.store.exists(f"{prefix_of(ref)}/run.json")  # what can't be reached says so again
            return False
        return record is not None and is_alive(record)

    def stop(self, runs: Iterable[FlowRun]) -> tuple[list[RunRef], list[str]]:
        """End runs that are alive.

        Returns:
            The runs that are gone, and what is left of the others when the time is up.
        """
        asked = [self._ask(run) for run in runs]
        gone: list[RunRef] = []
        left: list[str] = []
        for each in asked:
            troubles = self._wait(each)
            left += troubles
            gone += [] if troubles else [each.ref]
        return gone, left

    def _ref(self, run: FlowRun) -> RunRef:
        return RunRef(NAME, self.name, str(run.id))

    def _ask(self, run: FlowRun) -> _Asked:
        """Mark a run as stopping, so that no step of it starts any more, then tell Prefect."""
        from prefect.states import Cancelling

        asked = self._marked(run)
        self._tell(run.id, Cancelling(message="Stopped by lolpop."))
        return asked

    def _marked(self, run: FlowRun) -> _Asked:
        ref = self._ref(run)
        try:
            record = self.records.find(ref) or self._made(run)
            if record is not None:
                record.mark_stopping("asked by stop")
        except StorageError as error:
            return _Asked(run.id, ref, trouble=error.message)
        return _Asked(run.id, ref, record)

    def _made(self, run: FlowRun) -> RunRecord | None:
        """Make the record of a run that has none yet; None if its deployment's job is lost.

        Then no step of it can start either.
        """
        try:
            return self.pointer.record(str(run.id), run.parameters)
        except (ContractError, NotFoundError, ValueError):
            return None

    def _tell(self, run_id: UUID, state: State[Any], force: bool = False) -> None:
        from prefect.exceptions import ObjectNotFound

        with suppress(ObjectNotFound):  # somebody has deleted it meanwhile
            self.client.set_flow_run_state(run_id, state, force=force)

    def _wait(self, asked: _Asked) -> list[str]:
        while standing := self._standing(asked.id):
            if time.monotonic() > self.deadline:
                return [f"run {asked.id}: Prefect says {standing}"]
            if time.monotonic() > self.patience:
                self._force(asked)
            time.sleep(_POLL)
        return self._leftovers(asked)

    def _force(self, asked: _Asked) -> None:
        """End a run without its worker: nothing of it can start after this."""
        from prefect.states import Cancelled

        if asked.record is not None:
            end(of_attempts(tokens_of(asked.record)), _GRACE)
        self._tell(
            asked.id, Cancelled(message="Stopped by lolpop, without its worker."), force=True
        )

    def _standing(self, run_id: UUID) -> str | None:
        """Give the name of a run's state; None if it is over, or was deleted."""
        from prefect.exceptions import ObjectNotFound

        try:
            state = self.client.read_flow_run(run_id).state
        except ObjectNotFound:
            return None
        return None if state is not None and state.is_final() else str(state and state.name)

    def _leftovers(self, asked: _Asked) -> list[str]:
        """End what lives of a run that Prefect calls over; without a record nobody knows of it."""
        trouble = asked.trouble
        try:
            if asked.record is not None:
                return end_leftovers(asked.record, self.deadline)
        except StorageError as error:
            trouble = error.message
        return [f"run {asked.id}: {trouble}"] if trouble else []
