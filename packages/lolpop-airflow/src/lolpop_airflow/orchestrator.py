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
from lolpop.errors import EngineError, NotFoundError
from lolpop.execution.decorating import as_json
from lolpop.execution.hosts import elsewhere
from lolpop_airflow import files, registering, runs
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.connecting import Api
from lolpop_airflow.folding import Folding
from lolpop_airflow.generating import generate
from lolpop_airflow.logs import lines
from lolpop_airflow.recording import record_of
from lolpop_airflow.stopping import Stopping

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
        """Find the file of a deployment.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = files.read(files.path_of(self.folder, name))
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
            refusals=tuple(_refusals(path, package)),
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
        renewed = before is not None and deployment.schedule is not None
        text = files.since_now(wanted) if renewed else wanted
        file = before if before is not None and same else files.write(path, text)
        try:
            registering.wait_for(self.api, file, self.config.patience)
        except BaseException:
            if not same and file.stands:
                _restore(path, before)
            raise
        return file.deployment(self.api.url, None)

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        """Ask for a run."""
        file = self.file(deployment_name)
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
        suspended = run_id is None and file.spec.schedule is not None
        if suspended and not file.suspended:
            file = files.suspended(file)
            registering.wait_for(self.api, file, self.config.patience)
        if run_id is not None:
            runs.demanded(self.api, run_id, deployment_name)
        active = [
            run
            for run in runs.every(self.api, deployment_name, active=True)
            if run_id in (None, run.dag_run_id)
        ]
        ended, left = Stopping(self.api, file, options.timeout).stop(active)
        return Stopped(
            deployment=deployment_name,
            ended=tuple(ended),
            left=tuple(left),
            schedule_suspended=suspended,
        )

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run and its steps stand."""
        return runs.status(self.api, ref)

    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        """Give what a run printed, as Airflow keeps it."""
        yield from lines(self.api, ref, step, follow)

    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        """List a deployment's runs, newest first."""
        self.file(deployment_name)
        found = runs.every(self.api, deployment_name, active)
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
        """Stop a deployment's runs, take its file away, and then its DAG."""
        file = self.file(deployment_name)
        stopped = self.stop_all(deployment_name, options)
        file.path.unlink(missing_ok=True)
        registering.forget(self.api, file.dag_id, self.config.patience)
        return Removed(
            deployment=deployment_name,
            ended=stopped.ended,
            deleted=(str(file.path), f"dag {file.dag_id}"),
        )


def _refusals(path: Path, package: Package) -> Iterator[Refusal]:
    if path.exists() and files.read(path) is None:
        yield Refusal(
            f"the file {str(path)!r} isn't lolpop's",
            "move it away, or choose another name with -n",
        )
    if any(
        file.path.endswith(f"{path.parent.name}/{path.name}") for file in package.manifest.files
    ):
        yield Refusal(
            f"the DAG file {str(path)!r} would be packaged with the project, which would be another"
            " one after every build",
            f"leave it out: package: {{exclude: ['**/{path.parent.name}/lolpop_*.py']}}",
        )


def _restore(path: Path, before: files.DagFile | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        files.write(path, before.text)
