"""`LocalOrchestrator`: deployments and runs on this machine, with nothing to install or start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from secrets import token_hex
from typing import Any

import platformdirs
import psutil

import lolpop
from lolpop.contract import (
    Action,
    ActionKind,
    Capability,
    Deployment,
    DeploymentSpec,
    Package,
    Plan,
    Removed,
    Run,
    RunRef,
    RunState,
    RunStatus,
    ScheduleState,
    StatusSource,
    Stopped,
)
from lolpop.contract.options import (
    DeployOptions,
    PlanOptions,
    RemoveOptions,
    RunOptions,
    StopOptions,
)
from lolpop.errors import NotFoundError, NotStoppedError
from lolpop.execution.processes import alive, end, of_attempts, tokens_of
from lolpop.local.index import Entry, Index, Row
from lolpop.orchestrator import Orchestrator
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs

NAME = "LocalOrchestrator"
_WHY_INACTIVE = (
    "nothing fires schedules here: use an orchestrator with a server, or let cron call"
    " `lolpop deployment run {name}`"
)


class LocalOrchestrator(Orchestrator):
    """Deploys and runs workflows on this machine; there is nothing to install or to start."""

    class Config(lolpop.Config):
        """What the embedded orchestrator can be told.

        Attributes:
            fresh: Whether every step gets a process of its own.
        """

        fresh: bool = False

    capabilities = frozenset(
        {
            Capability.DEPLOYMENTS,
            Capability.PARALLEL_STEPS,
            Capability.RETRIES,
            Capability.ENGINE_TIMEOUTS,
            Capability.GROUPS,
            Capability.SCHEDULES,
            Capability.CONCURRENCY,
            Capability.OVERLAP_QUEUE,
            Capability.REDEPLOY_DURING_RUNS,
        }
    )

    @property
    def index(self) -> Index:
        """The index: in the storage if that is a folder, else among the user's state."""
        folder = Store(self.storage).local_path("local")
        return Index((folder or Path(platformdirs.user_state_dir("lolpop"))) / "index.sqlite")

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        """Say what `deploy` would change."""
        digest = deployment.digest(package.digest)
        entry = self.index.deployment(deployment.name)
        target = f"deployment {deployment.name}"
        actions: tuple[Action, ...] = ()
        if entry is None:
            actions = (Action(ActionKind.CREATE, target),)
        elif entry.digest != digest:
            actions = (Action(ActionKind.UPDATE, target),)
        elif entry.suspended and deployment.schedule:
            actions = (Action(ActionKind.RESUME, f"schedule of {deployment.name}"),)
        notes = (_WHY_INACTIVE.format(name=deployment.name),) if deployment.schedule else ()
        return Plan(
            deployment=deployment.name, deployment_digest=digest, actions=actions, notes=notes
        )

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        """Note the deployment in the index, unless it is there already."""
        entry = self.index.deployment(deployment.name)
        digest = deployment.digest(package.digest)
        if entry is None or entry.digest != digest or entry.suspended:
            self.index.put(deployment, package.digest)
        return _deployment(self.entry(deployment.name))

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        """Queue a run and start its supervisor."""
        entry = self.entry(deployment_name)
        made = f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{token_hex(3)}"
        row = self.index.add(made, entry, parameters, options.idempotency_key)
        if row.id == made:
            self.supervise(row)
        return self.seen(row.id)

    def supervise(self, row: Row) -> None:
        """Start the process that drives a run; it outlives this one."""
        folder = self.index.path.parent
        fresh = ["--fresh"] if self.config.fresh else []
        safe = ["-P"] if sys.version_info >= (3, 11) else []
        with (folder / f"{row.id}.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, *safe, "-m", "lolpop.local.supervisor"),
                    *(str(self.index.path), row.id, *fresh),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.index.drive(row.id, process.pid, psutil.Process(process.pid).create_time())

    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        """End runs and their processes; suspend the schedule if all runs are meant."""
        entry = self.entry(deployment_name)
        rows = self.active(deployment_name) if run_id is None else [self.row(run_id)]
        rows = [row for row in rows if not row.state.is_over]
        suspended = run_id is None and entry.spec.schedule is not None
        if suspended:
            self.index.suspend(deployment_name)
        for row in rows:
            self.ask_to_stop(row)
        deadline = time.monotonic() + options.timeout
        left = [phrase for row in rows for phrase in self.wait_gone(row, deadline)]
        ended = tuple(_ref(row) for row in rows)
        return Stopped(
            deployment=deployment_name,
            ended=ended,
            left=tuple(left),
            schedule_suspended=suspended,
        )

    def ask_to_stop(self, row: Row) -> None:
        """Mark a run as stopping, and tell its supervisor."""
        self.record(row).mark_stopping("asked by stop")
        self.index.stopping(row.id)
        supervisor = _supervisor(row)
        if supervisor is not None:
            supervisor.terminate()

    def wait_gone(self, row: Row, deadline: float) -> list[str]:
        """Wait until a run is over and its processes are gone; say what is left."""
        supervisor = _supervisor(row)
        while supervisor and alive(supervisor) and time.monotonic() < deadline - 10:
            time.sleep(0.05)
        record = self.record(row)
        left = [supervisor] if supervisor and alive(supervisor) else []
        left += of_attempts(tokens_of(record))
        left = end(left, grace=2.0)
        if not left:
            self.index.end(row.id, RunState.CANCELLED)
            record.end(RunState.CANCELLED)
        return [f"run {row.id}: process {process.pid}" for process in left]

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run stands; its steps are in the records."""
        row = self.noticed(self.row(ref.run_id))
        return RunStatus(run=_run(row), source=StatusSource.ENGINE, error=row.error)

    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        """List a deployment's runs, newest first."""
        self.entry(deployment_name)
        rows = [self.noticed(row) for row in self.index.runs(deployment_name)]
        return [_run(row) for row in rows if not (active and row.state.is_over)]

    def deployments(self) -> list[Deployment]:
        """List what is deployed here."""
        return [_deployment(entry) for entry in self.index.deployments()]

    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        """Stop a deployment's runs and forget it."""
        stop_options = StopOptions(timeout=options.timeout, take_over=options.take_over)
        stopped = self.stop(deployment_name, None, stop_options)
        if not stopped:
            raise NotStoppedError(
                f"deployment {deployment_name!r} still has runs", left=stopped.left
            )
        self.index.remove(deployment_name)
        return Removed(
            deployment=deployment_name,
            ended=stopped.ended,
            deleted=(f"deployment {deployment_name}",),
        )

    def entry(self, name: str) -> Entry:
        """Find a deployment.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = self.index.deployment(name)
        if found is None:
            names = ", ".join(entry.spec.name for entry in self.index.deployments()) or "none"
            raise NotFoundError(
                f"no deployment {name!r}; there is {names}",
                hint="`lolpop deployment build` makes one",
            )
        return found

    def row(self, run_id: str) -> Row:
        """Find a run.

        Raises:
            NotFoundError: There is none of that id.
        """
        found = self.index.run(run_id)
        if found is None:
            raise NotFoundError(f"no run {run_id!r}", hint="`lolpop runs list` shows all runs")
        return found

    def seen(self, run_id: str) -> Run:
        """Give a run as it stands now."""
        return _run(self.row(run_id))

    def active(self, deployment_name: str) -> list[Row]:
        """List the runs that aren't over, dead ones taken out."""
        rows = [self.noticed(row) for row in self.index.runs(deployment_name, active=True)]
        return [row for row in rows if not row.state.is_over]

    def noticed(self, row: Row) -> Row:
        """Notice a run whose supervisor died: it has crashed."""
        if row.state.is_over or row.pid is None or _supervisor(row) is not None:
            return row
        record = self.record(row)
        end(of_attempts(tokens_of(record)), grace=0.0)
        error = "RunCrashed: the process that drove the run died"
        record.end(RunState.CRASHED, error=error)
        self.index.end(row.id, RunState.CRASHED, error)
        return self.row(row.id)

    def record(self, row: Row) -> RunRecord:
        """Open a run's record."""
        return Runs(Store(row.spec.storage)).open(_ref(row), row.package, parameters=row.parameters)


def _ref(row: Row) -> RunRef:
    return RunRef(NAME, row.deployment, row.id)


def _supervisor(row: Row) -> psutil.Process | None:
    """Give a run's supervisor if it lives."""
    if row.pid is None:
        return None
    try:
        process = psutil.Process(row.pid)
        same = abs(process.create_time() - (row.pid_started or 0.0)) < 1.0
    except psutil.Error:
        return None
    return process if same and alive(process) else None


def _run(row: Row) -> Run:
    return Run(
        ref=_ref(row),
        state=row.state,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _deployment(entry: Entry) -> Deployment:
    spec = entry.spec
    state = ScheduleState.SUSPENDED if entry.suspended else ScheduleState.INACTIVE
    return Deployment(
        orchestrator=NAME,
        name=spec.name,
        project=spec.project,
        package_digest=entry.package,
        deployment_digest=entry.digest,
        storage=spec.storage,
        schedule=spec.schedule,
        schedule_state=state if spec.schedule else None,
        schedule_reason=_WHY_INACTIVE.format(name=spec.name) if spec.schedule else None,
        updated_at=entry.updated_at,
    )
