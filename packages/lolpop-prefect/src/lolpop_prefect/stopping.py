"""End runs, verified: Prefect is asked, and the processes are looked at."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lolpop.contract import RunRef, RunState
from lolpop.execution.leftovers import end_leftovers, is_alive
from lolpop.execution.processes import end, of_attempts, tokens_of
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop_prefect.job import NAME, Pointer
from lolpop_prefect.runs import state_of

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State

_POLL = 0.3
_GRACE = 5.0
_PATIENCE = 15.0
"""Seconds for the worker to end a run: one that it was just starting it forgets to end."""


class Stopping:
    """Ends runs of one deployment.

    Args:
        client: The API.
        name: The deployment's name.
        pointer: What the deployment points at.
        timeout: Seconds until all must be gone.
    """

    def __init__(
        self, client: SyncPrefectClient, name: str, pointer: Pointer, timeout: float
    ) -> None:
        self.client = client
        self.name = name
        self.pointer = pointer
        self.began = time.monotonic()
        self.timeout = timeout
        self.patience = min(_PATIENCE, timeout / 2)
        self.records = Runs(Store(pointer.storage))

    def is_alive(self, run: FlowRun) -> bool:
        """Whether a run isn't over, or has crashed and left a step alive."""
        state = state_of(run)
        if state is not RunState.CRASHED:
            return not state.is_over
        record = self.records.find(RunRef(NAME, self.name, str(run.id)))
        return record is not None and is_alive(record)

    def stop(self, runs: Iterable[FlowRun]) -> tuple[list[RunRef], list[str]]:
        """End runs that are alive.

        Returns:
            The runs that are gone, and what is left of the others when the time is up.
        """
        asked = {run.id: self._ask(run) for run in runs}
        gone: list[RunRef] = []
        left: list[str] = []
        for run_id, record in asked.items():
            troubles = self._wait(str(run_id), record)
            left += troubles
            gone += [] if troubles else [record.ref]
        return gone, left

    def _ask(self, run: FlowRun) -> RunRecord:
        """Mark a run as stopping, so that no step of it starts any more, then tell Prefect."""
        from prefect.states import Cancelling

        record = self.pointer.record(str(run.id), run.parameters)
        record.mark_stopping("asked by stop")
        self.client.set_flow_run_state(run.id, Cancelling(message="Stopped by lolpop."))
        return record

    def _wait(self, run_id: str, record: RunRecord) -> list[str]:
        while not self._is_over(run_id):
            if time.monotonic() > self.began + self.timeout:
                return [f"run {run_id}: Prefect says {self._state(run_id)}"]
            if time.monotonic() > self.began + self.patience:
                self._force(run_id, record)
            time.sleep(_POLL)
        return end_leftovers(record, self.began + self.timeout)

    def _force(self, run_id: str, record: RunRecord) -> None:
        """End a run without its worker: nothing of it can start after this."""
        from prefect.states import Cancelled

        end(of_attempts(tokens_of(record)), _GRACE)
        state: State[Any] = Cancelled(message="Stopped by lolpop, without its worker.")
        self.client.set_flow_run_state(run_id, state, force=True)

    def _is_over(self, run_id: str) -> bool:
        state = self.client.read_flow_run(UUID(run_id)).state
        return state is not None and state.is_final()

    def _state(self, run_id: str) -> str:
        return str(self.client.read_flow_run(UUID(run_id)).state_name)
