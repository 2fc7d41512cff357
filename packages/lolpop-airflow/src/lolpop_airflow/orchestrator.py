"""`AirflowOrchestrator`: workflows as DAG files, steps as Airflow's tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

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
from lolpop.errors import EngineError, NotFoundError
from lolpop.execution.decorating import as_json
from lolpop.execution.hosts import address, elsewhere
from lolpop_airflow import files, registering, runs
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.connecting import Api
from lolpop_airflow.folding import Folding
from lolpop_airflow.generating import generate
from lolpop_airflow.logs import lines
from lolpop_airflow.recording import record_of
from lolpop_airflow.refusing import refusals
from lolpop_airflow.stopping import Stopping

_BUILD = "`lolpop deployment build` makes it anew"
_NAME_IT = "name the folder: orchestrator: {config: {dags_folder: ~/airflow/dags}}"


class AirflowOrchestrator(Orchestrator):
    """Deploys and runs workflows on Airflow 3."""

    Config = AirflowConfig

    capabilities = frozenset(
        {
            Capability.DECORATES_INSIDE_STEPS,
            Capability.DEPLOYMENTS,
            Capability.ENGINE_SERVICE,
            Capability.ENGINE_LOGS,
            Capability.GROUPS,
            Capability.PARALLEL_STEPS,
            Capability.RETRIES,
            Capability.ENGINE_TIMEOUTS,
            Capability.SCHEDULES,
            Capability.CONCURRENCY,
            Capability.OVERLAP_QUEUE,
            Capability.ENGINE_RUNS,
            Capability.ENGINE_RERUNS,
        }
    )
    config: AirflowConfig

    @property
    def address(self) -> str:
        """The API server, and the folder of DAG files."""
        return f"{address(self.config.api_url)}, {self.config.dags_folder}"

    @property
    def elsewhere(self) -> str | None:
        """The API server's host, if that isn't this one: the workers may be there as well."""
        return elsewhere(self.config.api_url)

    @cached_property
    def api(self) -> Api:
        """Airflow's API."""
        return Api(self.config)

    @cached_property
    def folding(self) -> Folding:
        """What folds the lines of the calls beneath a step."""
        return Folding()

    def decorator(self, func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
        """Fold the lines of a call in the log of the task that it is beneath of."""
        return self.folding.wrap(func, instance)

    @property
    def folder(self) -> Path:
        """The folder of DAG files.

        Raises:
            EngineError: None is named, or it isn't there.
        """
        folder = self.config.dags_folder
        if folder is None:
            raise EngineError("no folder of DAG files is named", hint=_NAME_IT)
        if not folder.is_dir():
            raise EngineError(f"there is no folder {str(folder)!r} for DAG files", hint=_NAME_IT)
        return folder

    def file(self, name: str) -> files.DagFile:
        """Find the file of a deployment, or what its unfinished removal has left of it.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = files.find(self.folder, name)
        if found is None:
            names = ", ".join(each.spec.name for each in files.every(self.folder)) or "none"
            raise NotFoundError(
                f"no deployment {name!r} on Airflow; there is {names}",
                hint="`lolpop deployment build` makes one",
            )
        return found

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        """Say what `deploy` would change."""
        self.api.call("DAGApi", "get_dags", limit=1)
        path = files.path_of(self.folder, deployment.name)
        return Plan(
            deployment=deployment.name,
            deployment_digest=deployment.digest(package.digest),
            actions=tuple(self._actions(self._wanted(package, deployment), path)),
            refusals=tuple(refusals(self.api, path, deployment.name, package)),
        )

    def _wanted(self, package: Package, deployment: DeploymentSpec) -> str:
        decorate = as_json(self.decoration, AirflowConfig.model_fields)
        return generate(package, deployment, self.config, decorate)

    def _actions(self, wanted: str, path: Path) -> Iterator[Action]:
        there = files.read(path)
        if there is None:
            yield Action(ActionKind.CREATE, f"dag file {path.name}")
        elif there.plain != wanted:
            yield Action(ActionKind.UPDATE, f"dag file {path.name}")
        elif there.suspended:
            yield Action(ActionKind.RESUME, f"schedule of {there.spec.name}")
        elif registering.is_paused(self.api, there.dag_id):
            yield Action(ActionKind.RESUME, f"dag {there.dag_id}", "it is paused")

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        """Write the DAG file and wait until Airflow has read it; nothing if it is the same."""
        path = files.path_of(self.folder, deployment.name)
        wanted = self._wanted(package, deployment)
        before = files.read(path)
        same = before is not None and before.plain == wanted and not before.suspended
        text = wanted if deployment.schedule is None else files.since_now(wanted)
        file = before if before is not None and same else files.write(path, text)
        try:
            registering.wait_for(self.api, file, self.config.patience)
        except BaseException:
            if not same and file.stands:
                _restore(path, before)
            raise
        files.aside_of(path).unlink(missing_ok=True)  # a removal that wasn't finished
        return file.deployment(self.api.url, None)

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        """Ask for a run."""
        file = self.file(deployment_name)
        if file.aside:
            raise EngineError(
                f"deployment {deployment_name!r} is being removed, so the run would never start",
                hint=_BUILD,
            )
        if registering.is_paused(self.api, file.dag_id):
            raise EngineError(
                f"dag {file.dag_id!r} is paused in Airflow, so the run would never start",
                hint="`lolpop deployment build` lets it run again",
            )
        made = runs.start(self.api, file, parameters, options.idempotency_key)
        record_of(file, made)
        return runs.told(self.api, made, deployment_name)

    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        """End runs and their processes; take the schedule out if all runs are meant."""
        file = self.file(deployment_name)
        suspends = run_id is None and file.spec.schedule is not None
        if suspends:
            file = files.suspended(file)
        if run_id is not None:
            runs.demanded(self.api, run_id, deployment_name)
        ended, left = self._end(file, run_id, options.timeout)
        if suspends:
            registering.rest(self.api, file, self.config.patience)
            # Until then the schedule may have started another one.
            later = self._end(file, None, options.timeout)
            ended, left = ended + later[0], left + later[1]
        return Stopped(
            deployment=deployment_name,
            ended=tuple(ended),
            left=tuple(left),
            schedule_suspended=suspends,
        )

    def _end(
        self, file: files.DagFile, run_id: str | None, timeout: float
    ) -> tuple[list[RunRef], list[str]]:
        """End one active run or all, and give those that are gone, and what is left."""
        active = [
            run
            for run in runs.every(self.api, file.spec.name, active=True)
            if run_id in (None, run.dag_run_id)
        ]
        return Stopping(self.api, file, timeout).stop(active)

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run and its steps stand."""
        return runs.status(self.api, ref)

    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        """Give what a run printed, as Airflow keeps it."""
        yield from lines(self.api, ref, step, follow)

    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        """List a deployment's runs, newest first.

        Raises:
            NotFoundError: There is no such deployment; or Airflow has forgotten its DAG, so that
                of runs that are over the records alone can tell.
        """
        file = self.file(deployment_name)
        found = [*runs.every(self.api, deployment_name, active)]
        if not found and not active and not registering.is_known(self.api, file.dag_id):
            raise NotFoundError(f"Airflow has no dag {file.dag_id!r}", hint=_BUILD)
        return [runs.told(self.api, run, deployment_name) for run in found]

    def deployments(self) -> list[Deployment]:
        """List what lolpop has deployed into the folder of DAG files."""
        errors = registering.import_errors(self.api)
        found = [
            file.deployment(self.api.url, registering.import_error(errors, file))
            for file in files.every(self.folder)
        ]
        return sorted(found, key=lambda each: each.name)

    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        """Stop a deployment's runs, take its file away, and then its DAG.

        Until all is done the file stays under another name, so that a second call can go on.
        """
        stopped = self.stop_all(deployment_name, options)
        file = files.set_aside(self.file(deployment_name))
        registering.forget(self.api, file, self.config.patience)
        file.path.unlink(missing_ok=True)
        return Removed(
            deployment=deployment_name,
            ended=stopped.ended,
            deleted=(str(file.place), f"dag {file.dag_id}"),
        )


def _restore(path: Path, before: files.DagFile | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        files.write(path, before.text)
