"""`LocalOrchestrator`: deployments and runs on this machine, with nothing to install or start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Any

import platformdirs

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
    Stopped,
)
from lolpop.contract.options import (
    DeployOptions,
    PlanOptions,
    RemoveOptions,
    RunOptions,
    StopOptions,
)
from lolpop.errors import EngineError, NotFoundError, NotStoppedError
from lolpop.execution.processes import VARIABLE
from lolpop.local.driving import claimed, log_of, noticed, record_of
from lolpop.local.index import Index
from lolpop.local.rows import Entry, Row
from lolpop.local.stopping import stop as stop_runs
from lolpop.local.telling import WHY_INACTIVE, deployment_of, problem_of, run_of, status_of
from lolpop.orchestrator import Orchestrator
from lolpop.storage import Store


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
            Capability.OVERLAP_SKIP,
            Capability.OVERLAP_QUEUE,
            Capability.REDEPLOY_DURING_RUNS,
        }
    )

    @property
    def store(self) -> Store:
        """The storage, which has the records of all runs."""
        return Store(self.storage)

    @property
    def index(self) -> Index:
        """The storage's index: in it if that is a folder, else among the user's state."""
        folder = self.store.local_path("local")
        if folder is None:
            name = sha256(self.storage.encode()).hexdigest()[:16]
            folder = Path(platformdirs.user_state_dir("lolpop"), "local", name)
        return Index(folder / "index.sqlite")

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        """Say what `deploy` would change."""
        digest = deployment.digest(package.digest)
        entry = self.index.deployment(deployment.name)
        target = f"deployment {deployment.name}"
        actions: tuple[Action, ...] = ()
        if entry is None:
            actions = (Action(ActionKind.CREATE, target),)
        elif entry.digest != digest or entry.damage:
            actions = (Action(ActionKind.UPDATE, target),)
        elif entry.suspended and deployment.schedule:
            actions = (Action(ActionKind.RESUME, f"schedule of {deployment.name}"),)
        notes = (WHY_INACTIVE.format(name=deployment.name),) if deployment.schedule else ()
        return Plan(
            deployment=deployment.name, deployment_digest=digest, actions=actions, notes=notes
        )

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        """Note the deployment in the index, unless it is there already."""
        entry = self.index.deployment(deployment.name)
        digest = deployment.digest(package.digest)
        if entry is None or entry.digest != digest or entry.suspended or entry.damage:
            self.index.put(deployment, package.digest)
        return deployment_of(self.entry(deployment.name), self.storage)

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        """Queue a run and start its supervisor, or skip it if too many are active."""
        entry = self.entry(deployment_name)
        if problem := problem_of(entry, self.storage):
            raise EngineError(
                f"deployment {deployment_name!r} can't run: {problem}",
                hint="`lolpop deployment build` makes it able to",
            )
        self.active(deployment_name)
        made = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"
        log = log_of(self.index, made)
        with claimed(log) as claim:
            row = self.index.add(made, entry, parameters, options.idempotency_key)
            if row.id == made and not row.state.is_over:
                self.supervise(row, log, claim)
                return run_of(self.row(made, deployment_name))
        log.unlink()
        if row.id == made and (record := record_of(self.store, row)):
            record.end(row.state, error=row.error)
        return run_of(noticed(self.index, self.store, row))

    def supervise(self, row: Row, log: Path, claim: int) -> None:
        """Start the process that drives a run; it outlives this one, and keeps the claim."""
        fresh = ["--fresh"] if self.config.fresh else []
        # A run that a step starts isn't the step's: it must not end with it.
        environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "lolpop.local.supervisor"),
                    *(str(self.index.path), row.id, *fresh),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=log.parent,
                pass_fds=(claim,),
                start_new_session=True,
            )
        # Whoever calls this may live long: the supervisor mustn't stay its zombie.
        Thread(target=process.wait, name="lolpop-reaper", daemon=True).start()

    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        """End runs and their processes; suspend the schedule if all runs are meant."""
        entry = self.entry(deployment_name)
        suspended = run_id is None and entry.spec.schedule is not None
        if suspended:
            self.index.suspend(deployment_name)
        rows = self.active(deployment_name)
        if run_id is not None:
            wanted = self.row(run_id, deployment_name)
            rows = [row for row in rows if row.id == wanted.id]
        ending = stop_runs(self.index, self.store, rows, options.timeout)
        return Stopped(
            deployment=deployment_name,
            ended=tuple(row.ref for row in ending.ended),
            left=tuple(ending.left),
            schedule_suspended=suspended,
        )

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run stands; its steps are in the records."""
        row = noticed(self.index, self.store, self.row(ref.run_id, ref.deployment))
        before = self.index.before(row) if row.state is RunState.QUEUED else 0
        return status_of(row, before)

    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        """List a deployment's runs, newest first."""
        self.entry(deployment_name)
        rows = [
            noticed(self.index, self.store, row) for row in self.index.runs(deployment_name, active)
        ]
        return [run_of(row) for row in rows if not (active and row.state.is_over)]

    def deployments(self) -> list[Deployment]:
        """List what is deployed here."""
        return [deployment_of(entry, self.storage) for entry in self.index.deployments()]

    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        """Stop a deployment's runs and forget it."""
        stopped = self.stop_all(deployment_name, options)
        logs = [log_of(self.index, row.id) for row in self.index.runs(deployment_name)]
        left = [f"run {row.id}" for row in self.index.remove(deployment_name)]
        if left:  # started meanwhile
            raise NotStoppedError(
                f"deployment {deployment_name!r} still has runs: {'; '.join(left)}", left=left
            )
        for log in logs:
            log.unlink(missing_ok=True)
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

    def row(self, run_id: str, deployment: str) -> Row:
        """Find a run.

        Raises:
            NotFoundError: The deployment has none of that id.
        """
        found = self.index.run(run_id)
        if found is None or found.deployment != deployment:
            raise NotFoundError(
                f"deployment {deployment!r} has no run {run_id!r}",
                hint="`lolpop runs list` shows all runs",
            )
        return found

    def active(self, deployment_name: str) -> list[Row]:
        """List the runs that aren't over, dead ones taken out."""
        rows = self.index.runs(deployment_name, active=True)
        rows = [noticed(self.index, self.store, row) for row in rows]
        return [row for row in rows if not row.state.is_over]
