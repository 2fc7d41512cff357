"""Runs as processes on this host that make step after step.

For orchestrators whose engine knows no steps, or that have no engine. A run's process outlives the
one that started it; the records say how it ended.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from tempfile import TemporaryFile
from threading import Thread
from typing import Any

import psutil

from lolpop.contract import (
    DeploymentSpec,
    Run,
    RunRef,
    RunState,
    RunStatus,
    StatusSource,
    StepState,
    Stopped,
    canonical_json,
    from_json,
    to_json,
)
from lolpop.errors import NotFoundError
from lolpop.execution.processes import VARIABLE, end, of_attempts, token_of, tokens_of
from lolpop.execution.request import SUCCEEDED, Request, command
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop.storage.names import joined
from lolpop.storage.records import RunRecord, Runs, prefix_of

_GRACE = 15.0
"""Seconds in which step commands end what their steps started, and close the records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """Where the process of a run was started, and what the run was deployed as then."""

    host: str
    spec: DeploymentSpec


class Detached:
    """The runs of an orchestrator that are such processes.

    Args:
        orchestrator: The orchestrator's name.
        storage: The absolute URL of the storage.
    """

    def __init__(self, orchestrator: str, storage: str) -> None:
        self.orchestrator = orchestrator
        self.store = Store(storage)
        self.records = Runs(self.store)

    def start(
        self,
        deployment: DeploymentSpec,
        package: str,
        parameters: Mapping[str, Any],
        run_id: str | None = None,
    ) -> Run:
        """Start a run; nothing happens if the deployment has one of that id.

        Args:
            deployment: What is deployed.
            package: The digest of its package.
            parameters: Values for this run alone.
            run_id: An id that the caller chose, or None for a new one.
        """
        made = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"
        ref = RunRef(self.orchestrator, deployment.name, run_id or made)
        began = canonical_json(_Start(host=socket.gethostname(), spec=deployment))
        is_new = self.store.create(_key(ref), began, durable=True)
        given = {**deployment.parameters, **parameters}
        self.records.open(ref, package, deployment.digest(package), given)
        if is_new:
            self._start(ref)
        return self.status(ref).run

    def _start(self, ref: RunRef) -> None:
        name = (ref.orchestrator, self.store.url, ref.deployment, ref.run_id)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lolpop.detached", *name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, VARIABLE: _token(self.store.url, ref)},
            cwd="/",
            start_new_session=True,
        )
        # Whoever calls this may live long: the process mustn't stay its zombie.
        Thread(target=process.wait, name="lolpop-reaper", daemon=True).start()

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run stands; its steps are in the records.

        Raises:
            NotFoundError: There is no such run.
        """
        record = self.record(ref)
        state = self._state(record)
        ended = record.ended
        at = ended.at if ended else None
        return RunStatus(
            run=Run(ref=ref, state=state, created_at=record.created_at, ended_at=at),
            source=StatusSource.ENGINE,
            message=self._elsewhere(ref) if state is RunState.UNKNOWN else None,
            error=ended.error if ended else None,
        )

    def runs(self, deployment: str, active: bool = False) -> list[Run]:
        """List the runs of a deployment, newest first; only those that aren't over, if asked."""
        found = reversed(self.records.all(self.orchestrator, deployment))
        runs = [self.status(record.ref).run for record in found]
        return [run for run in runs if not (active and run.state.is_over)]

    def stop(self, deployment: str, run_id: str | None, timeout: float) -> Stopped:
        """End runs and their processes, and record that they were cancelled.

        Args:
            deployment: The deployment's name.
            run_id: The run, or None for all that are active.
            timeout: Seconds until all must be gone.

        Raises:
            NotFoundError: There is no such run.
        """
        if run_id is not None:
            self.record(RunRef(self.orchestrator, deployment, run_id))
        refs = [run.ref for run in self.runs(deployment, active=True)]
        records = [self.record(ref) for ref in refs if run_id in (None, ref.run_id)]
        left = self._end(records, timeout)
        gone = [record for record in records if record.ref.run_id not in {name for name, _ in left}]
        for record in gone:
            for attempt in record.every_attempt():
                attempt.close(StepState.CANCELLED)
            record.end(RunState.CANCELLED)
        return Stopped(
            deployment=deployment,
            ended=tuple(record.ref for record in gone),
            left=tuple(f"run {name}: {what}" for name, what in left),
        )

    def _end(self, records: Sequence[RunRecord], timeout: float) -> list[tuple[str, str]]:
        """End the processes of runs; say of which runs what lives all the same."""
        for record in records:
            record.mark_stopping("asked by stop")
        alive = {process: record for record in records for process in _processes(record)}
        left = [
            (alive[process].ref.run_id, f"process {process.pid} on {socket.gethostname()}")
            for process in end(alive, min(_GRACE, timeout / 2))
        ]
        elsewhere = {record.ref.run_id: self._elsewhere(record.ref) for record in records}
        return left + [(run_id, why) for run_id, why in elsewhere.items() if why]

    def record(self, ref: RunRef) -> RunRecord:
        """Give the record of a run.

        Raises:
            NotFoundError: There is no run of that name.
        """
        found = self.records.find(ref)
        if found is None:
            raise NotFoundError(
                f"deployment {ref.deployment!r} has no run {ref.run_id!r}",
                hint="`lolpop runs list` shows all runs",
            )
        return found

    def walk(self, ref: RunRef) -> None:
        """Make the steps of a run in program order, and record how it ended."""
        record = self.record(ref)
        try:
            record.end(*self._walked(record, self._began(ref).spec))
        except Exception as error:
            record.end(RunState.CRASHED, f"{type(error).__name__}: {error}")
            raise

    def _walked(self, record: RunRecord, spec: DeploymentSpec) -> tuple[RunState, str | None]:
        manifest = read_manifest(self.store, record.package_digest)
        for step in manifest.graph.steps:
            request = Request(
                storage=spec.storage,
                package=record.package_digest,
                ref=record.ref,
                step=step.name,
                timeout=spec.settings(step.name).timeout,
            )
            error = _made(command(request, spec.interpreter), record.parameters)
            if error is not None:
                state = RunState.CANCELLED if record.stopping else RunState.FAILED
                return state, f"{step.name}: {error}"
        return RunState.SUCCEEDED, None

    def _state(self, record: RunRecord) -> RunState:
        if record.ended is None:
            if self._elsewhere(record.ref):
                return RunState.UNKNOWN
            if of_attempts([_token(record.storage, record.ref)]):
                return RunState.STOPPING if record.stopping else RunState.RUNNING
        # Asked again: a process that is gone by now has recorded the end before.
        ended = record.ended
        return ended.state if ended else RunState.CRASHED

    def _elsewhere(self, ref: RunRef) -> str | None:
        """Say where the process of a run is, if that isn't this host."""
        host = self._began(ref).host
        if host == socket.gethostname():
            return None
        return f"it was started on host {host!r}: ask there"

    def _began(self, ref: RunRef) -> _Start:
        return from_json(_Start, json.loads(self.store.read(_key(ref))))


def _key(ref: RunRef) -> str:
    return joined(prefix_of(ref), "detached.json")


def _token(storage: str, ref: RunRef) -> str:
    """Give what a run's process and its step commands carry in their environment."""
    return token_of(storage, ref, "", 0)


def _processes(record: RunRecord) -> list[psutil.Process]:
    return of_attempts([_token(record.storage, record.ref), *tokens_of(record)])


def _made(line: list[str], parameters: Mapping[str, Any]) -> str | None:
    """Make a step by its command; give the last line of what went wrong, or None."""
    with TemporaryFile("w+", encoding="utf-8") as given:
        json.dump(to_json(parameters), given)
        given.seek(0)
        with subprocess.Popen(
            line, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as child:
            assert child.stderr
            last = deque(child.stderr, 1)  # all of it is in the records
    if child.returncode == SUCCEEDED:
        return None
    said = b"".join(last).decode("utf-8", "replace").strip()
    return said or f"the step command ended with exit code {child.returncode}"


def main() -> None:
    """Make the steps of the run that the arguments name."""
    orchestrator, storage, deployment, run_id = sys.argv[1:]
    Detached(orchestrator, storage).walk(RunRef(orchestrator, deployment, run_id))


if __name__ == "__main__":
    main()
