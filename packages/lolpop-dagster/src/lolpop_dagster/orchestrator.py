"""`DagsterOrchestrator`: workflows as jobs of one code location, steps as Dagster's ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lolpop import Orchestrator
from lolpop.contract import (
    Action,
    ActionKind,
    Capability,
    Deployment,
    DeploymentSpec,
    LogLine,
    Package,
    Plan,
    Refusal,
    Removed,
    Run,
    RunRef,
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
from lolpop.errors import EngineError, EngineUnreachableError, LolpopError
from lolpop.execution.hosts import address, elsewhere
from lolpop_dagster import daemons, jobfile, runs
from lolpop_dagster.api import Api
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.glimpse import glimpsed
from lolpop_dagster.jobfile import JobFile
from lolpop_dagster.logs import lines
from lolpop_dagster.registry import Registry
from lolpop_dagster.stopping import Stopping
from lolpop_dagster.workspace import Workspace

if TYPE_CHECKING:
    from lolpop_dagster.tracking import Tracking


class DagsterOrchestrator(Orchestrator):
    """Deploys and runs workflows on Dagster."""

    Config = DagsterConfig

    capabilities = frozenset(
        {
            Capability.DECORATION,
            Capability.DEPLOYMENTS,
            Capability.ENGINE_SERVICE,
            Capability.ENGINE_LOGS,
            Capability.GROUPS,
            Capability.PARALLEL_STEPS,
            Capability.RETRIES,
            Capability.SCHEDULES,
            Capability.ENGINE_RUNS,
            Capability.ENGINE_RERUNS,
        }
    )
    config: DagsterConfig

    @property
    def address(self) -> str:
        """The webserver, and the file beside which the deployments are."""
        return f"{address(self.config.url)}, {self.config.workspace}"

    @property
    def elsewhere(self) -> str | None:
        """The webserver's host, if that isn't this one: the code server is there as well."""
        return elsewhere(self.config.url)

    @cached_property
    def tracking(self) -> Tracking:
        """What shows the calls of `lolpop run workflow` on Dagster."""
        from lolpop_dagster.tracking import Tracking

        return Tracking(self.config)

    def decorator(self, func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
        """Show the calls of a method on Dagster."""
        return self.tracking.wrap(func, instance)

    @cached_property
    def api(self) -> Api:
        """The webserver."""
        return Api(self.config)

    @cached_property
    def registry(self) -> Registry:
        """What the webserver has of lolpop's code location."""
        return Registry(self.api, Workspace.of(self.config), self.config.patience)

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        """Say what `deploy` would change."""
        self.api.check_version()
        file = jobfile.made(package, deployment, self.config)
        waits = daemons.queue(self.api) or ""
        notes = [waits] if waits.startswith("nobody") else []
        if deployment.schedule and (scheduler := self.registry.scheduler()):
            notes.append(f"the schedule doesn't fire: {scheduler}")
        return Plan(
            deployment=deployment.name,
            deployment_digest=deployment.digest(package.digest),
            actions=tuple(self._actions(file)),
            refusals=tuple(self._refusals(package, deployment.name)),
            notes=tuple(notes),
        )

    def _actions(self, file: JobFile) -> Iterator[Action]:
        workspace = self.registry.workspace
        if not workspace.is_made:
            yield Action(ActionKind.CREATE, f"workspace file {workspace.path}")
        there = workspace.deployments.read(file.spec.name)
        content = jobfile.content_of(file)
        seen = self.registry.jobs.seen(file.job)
        if there is None:
            yield Action(ActionKind.CREATE, f"job {file.job}")
        elif there != content:
            yield Action(ActionKind.UPDATE, f"job {file.job}")
        elif seen is None or seen.revision != jobfile.revision_of(content):
            yield Action(ActionKind.UPDATE, f"job {file.job}", "the webserver hasn't loaded it")
        elif seen.schedule_id and not seen.fires:
            yield Action(ActionKind.RESUME, f"schedule {file.schedule}")

    def _refusals(self, package: Package, name: str) -> Iterator[Refusal]:
        workspace = self.registry.workspace
        if (there := workspace.deployments.read(name)) is not None:
            try:
                self.registry.parsed(name, there)
            except EngineError as error:
                yield Refusal(error.message, error.hint)
        if workspace.is_foreign:
            yield Refusal(
                f"the workspace file {str(workspace.path)!r} isn't lolpop's",
                "name another one under `workspace`; lolpop writes it, and Dagster takes several",
            )
        if any(file.path.endswith(workspace.mark) for file in package.manifest.files):
            yield Refusal(
                f"the workspace file {str(workspace.path)!r} would be packaged with the project,"
                " and each deployment in it change the package",
                "name one outside of the project: a single one serves all projects",
            )

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        """Write the file and wait until the webserver has its job; nothing if it is the same."""
        file = jobfile.made(package, deployment, self.config)
        actions = [*self._actions(file)]
        if [action.kind for action in actions] == [ActionKind.RESUME]:
            seen = self.registry.jobs.seen(file.job)
            assert seen
            self.registry.jobs.resume(file, seen)
        elif actions:
            self.registry.put(file)
        return self._told(file)

    def _told(self, file: JobFile) -> Deployment:
        scheduler = self.registry.scheduler() if file.spec.schedule else None
        return self.registry.told(file, self.registry.jobs.seen(file.job), scheduler)

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        """Ask for a run."""
        file = self.registry.demanded(deployment_name)
        selector = self.registry.jobs.selector(file.job)
        made = runs.start(self.api, selector, file, parameters, options.idempotency_key)
        runs.record(file, made, parameters)
        return runs.told(self.api, made, deployment_name)

    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        """End runs and their processes; suspend the schedule if all runs are meant."""
        file = self.registry.demanded(deployment_name)
        if run_id is not None:
            runs.demanded(self.api, run_id, deployment_name)
            return self._stopped(file, run_id, options)
        try:
            suspended = self.registry.suspend(file)
        except EngineUnreachableError:
            raise
        except EngineError as error:
            left = self._stopped(file, None, options).left  # that much can be done all the same
            ended = f"these are left: {'; '.join(left)}" if left else "its runs are ended"
            raise EngineError(
                f"the schedule of {deployment_name!r} can't be suspended, {ended}: {error.message}",
                hint=error.hint,
            ) from error
        return replace(self._stopped(file, None, options), schedule_suspended=suspended)

    def _stopped(self, file: JobFile, run_id: str | None, options: StopOptions) -> Stopped:
        name = file.spec.name
        active = [
            run for run in runs.every(self.api, name, active=True) if run_id in (None, run["runId"])
        ]
        ended, left = Stopping(self.api, file, options.timeout).stop(active)
        return Stopped(deployment=name, ended=tuple(ended), left=tuple(left))

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run and its steps stand."""
        return runs.status(self.api, ref, self._storage_of(ref.deployment))

    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        """Give what a run printed, as Dagster keeps it."""
        yield from lines(self.api, ref, self._storage_of(ref.deployment), step, follow)

    def _storage_of(self, name: str) -> str:
        try:
            return self.registry.demanded(name).spec.storage
        except LolpopError:
            return self.storage  # a deployment that is gone leaves its runs

    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        """List a deployment's runs, newest first."""
        self.registry.content(deployment_name)
        found = runs.every(self.api, deployment_name, active)
        return [runs.told(self.api, run, deployment_name) for run in found]

    def deployments(self) -> list[Deployment]:
        """List what lolpop has deployed."""
        seen, scheduler = self.registry.jobs.every(), self.registry.scheduler()
        entries = [*self.registry.workspace.deployments.every()]
        files = [entry.file for entry in entries if isinstance(entry.file, JobFile)]
        made = [self.registry.told(file, seen.get(file.job), scheduler) for file in files]
        made += [found for entry in entries if (found := glimpsed(entry))]
        return sorted(made, key=lambda each: each.name)

    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        """Stop a deployment's runs and take its job away; Dagster keeps the runs that it had."""
        file = self.registry.demanded(deployment_name)
        stopped = self.stop_all(deployment_name, options)
        self.registry.take(deployment_name)
        if self.registry.workspace.deployments.read(deployment_name) is not None:
            raise EngineError(f"the file of {deployment_name!r} is there again")
        return Removed(
            deployment=deployment_name, ended=stopped.ended, deleted=(f"job {file.job}",)
        )
