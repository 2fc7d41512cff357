"""`PrefectOrchestrator`: workflows as deployments of a Prefect server, steps as its tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
from lolpop.errors import EngineError, UnsupportedError
from lolpop.execution.decorating import as_json
from lolpop.execution.hosts import address, elsewhere
from lolpop_prefect import pools, registry, runs
from lolpop_prefect.config import NOT_FOR_STEPS, PrefectConfig
from lolpop_prefect.connecting import check_version, chosen, new_client, translated
from lolpop_prefect.drift import differences
from lolpop_prefect.job import keep_job
from lolpop_prefect.logs import lines
from lolpop_prefect.nesting import within_step
from lolpop_prefect.stopping import Stopping

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.context import SettingsContext

    from lolpop_prefect.tracking import Tracking

_BANNED = "/%&<>"


class PrefectOrchestrator(Orchestrator):
    """Deploys and runs workflows on a Prefect server."""

    Config = PrefectConfig

    capabilities = frozenset(
        {
            Capability.DECORATION,
            Capability.DEPLOYMENTS,
            Capability.ENGINE_SERVICE,
            Capability.ENGINE_LOGS,
            Capability.PARALLEL_STEPS,
            Capability.RETRIES,
            Capability.ENGINE_TIMEOUTS,
            Capability.SCHEDULES,
            Capability.CONCURRENCY,
            Capability.OVERLAP_SKIP,
            Capability.OVERLAP_QUEUE,
            Capability.ENGINE_RUNS,
            Capability.ENGINE_RERUNS,
            Capability.REDEPLOY_DURING_RUNS,
        }
    )
    config: PrefectConfig

    def __init__(self) -> None:
        if self.config.nested_tasks or within_step():
            inside = self.capabilities | {Capability.DECORATES_INSIDE_STEPS}
            self.__dict__["capabilities"] = inside

    @property
    def address(self) -> str:
        """The server's API, or the home of one that is started when it is asked."""
        settings = self._settings.settings
        return address(settings.api.url) if settings.api.url else str(settings.home)

    @property
    def elsewhere(self) -> str | None:
        """The server's host, if that isn't this one: its workers may be there as well."""
        return elsewhere(self._settings.settings.api.url or "")

    @cached_property
    def _settings(self) -> SettingsContext:
        """What Prefect's settings are for this orchestrator."""
        return chosen(self.config)

    @cached_property
    def tracking(self) -> Tracking:
        """What shows the calls of `lolpop run workflow`, or of a step, on Prefect."""
        from lolpop_prefect.tracking import Tracking

        return Tracking(self.config)

    def decorator(self, func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
        """Show the calls of a method on Prefect."""
        return self.tracking.wrap(func, instance)

    @contextmanager
    def api(self) -> Iterator[SyncPrefectClient]:
        """Give a client of the server, and turn its errors into ours."""
        with self._settings.model_copy(), translated(), new_client() as made:
            yield made

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        """Say what `deploy` would change."""
        with self.api() as client:
            check_version(client)
            there = registry.named(client, deployment.name)
            pool = pools.find(client, self.config.work_pool)
            trouble = pools.trouble(client, self.config.work_pool) if pool else None
        wanted = self._wanted(package, deployment)
        actions = [*pools.creation(pool, self.config), *_actions(there, wanted, deployment)]
        refusals = [*_refusals(there, deployment), *pools.refusals(pool, self.config)]
        return Plan(
            deployment=deployment.name,
            deployment_digest=deployment.digest(package.digest),
            actions=tuple(actions),
            refusals=tuple(refusals),
            notes=(trouble,) if trouble else (),
        )

    def _wanted(self, package: Package, deployment: DeploymentSpec) -> dict[str, Any]:
        told = as_json(self.decoration, NOT_FOR_STEPS) if self.config.nested_tasks else None
        return registry.wanted(package, deployment, self.config, told)

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        """Make the deployment, or change it in place; nothing is written if it is the same."""
        wanted = self._wanted(package, deployment)
        crons = registry.crons(deployment)
        with self.api() as client:
            there = registry.named(client, deployment.name)
            if _actions(there, wanted, deployment):
                if self.config.create_work_pool and not pools.find(client, self.config.work_pool):
                    pools.make(client, self.config.work_pool)
                keep_job(package, deployment)
                registry.put(client, wanted, deployment, crons)
            return registry.told(registry.demanded(client, deployment.name), self.storage)

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        """Ask for a run."""
        with self.api() as client:
            there = registry.demanded(client, deployment_name)
            runs.refuse_broken(there)
            made = runs.start(client, there, parameters, options.idempotency_key)
            return runs.told(made, deployment_name)

    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        """End runs and their processes; suspend the schedule if all runs are meant."""
        with self.api() as client:
            there = registry.demanded(client, deployment_name)
            suspended = run_id is None and registry.suspend(client, there)
            if run_id is None:
                found = runs.living(client, there.id)
            else:
                found = [runs.demanded(client, run_id, there)]
            pointer = registry.recovered(there, self.storage)
            stopping = Stopping(client, deployment_name, pointer, options.timeout)
            ended, left = stopping.stop([run for run in found if stopping.is_alive(run)])
        return Stopped(
            deployment=deployment_name,
            ended=tuple(ended),
            left=tuple(left),
            schedule_suspended=suspended,
        )

    def status(self, ref: RunRef) -> RunStatus:
        """Say where a run and its steps stand."""
        with self.api() as client:
            return runs.status(client, ref)

    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        """Give what a run printed, as Prefect keeps it."""
        with self.api() as client:
            yield from lines(client, ref, step, follow)

    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        """List a deployment's runs, newest first."""
        with self.api() as client:
            there = registry.demanded(client, deployment_name)
            found = runs.every(client, there.id, active)
            return [runs.told(run, deployment_name) for run in found]

    def deployments(self) -> list[Deployment]:
        """List what lolpop has deployed on the server."""
        with self.api() as client:
            found = [registry.told(each, self.storage) for each in registry.every(client)]
        return sorted(found, key=lambda each: each.name)

    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        """Stop a deployment's runs and delete it; its flow stays with the runs that it had."""
        from prefect.exceptions import ObjectNotFound

        stopped = self.stop_all(deployment_name, options)
        with self.api() as client:
            there = registry.demanded(client, deployment_name)
            with suppress(ObjectNotFound):  # somebody else was faster
                client.delete_deployment(there.id)
            if registry.named(client, deployment_name) is not None:
                raise EngineError(f"Prefect still has deployment {deployment_name!r}")
        return Removed(
            deployment=deployment_name,
            ended=stopped.ended,
            deleted=(f"deployment {deployment_name}/{deployment_name}",),
        )


def _actions(
    there: DeploymentResponse | None, wanted: Mapping[str, Any], deployment: DeploymentSpec
) -> list[Action]:
    target = f"deployment {deployment.name}/{deployment.name}"
    if there is None:
        return [Action(ActionKind.CREATE, target)]
    if differing := differences(there, wanted, deployment):
        # Of another package or configuration, nearly everything differs.
        new = not {*wanted["tags"]} <= {*there.tags}
        detail = None if new else f"differs in {', '.join(differing)}"
        return [Action(ActionKind.UPDATE, target, detail)]
    if registry.is_suspended(there):
        what = f"schedule of {deployment.name}" if there.schedules else target
        return [Action(ActionKind.RESUME, what)]
    return []


def _refusals(there: DeploymentResponse | None, deployment: DeploymentSpec) -> list[Refusal]:
    found = []
    if set(deployment.name) & set(_BANNED):
        found.append(
            Refusal(
                f"Prefect can't name a deployment {deployment.name!r}",
                f"choose a name with -n, without any of {' '.join(_BANNED)}",
            )
        )
    if there is not None and not registry.is_ours(there):
        found.append(
            Refusal(
                f"Prefect has a deployment {there.name!r} that lolpop didn't make",
                "choose another name with -n",
            )
        )
    try:
        registry.crons(deployment)
    except UnsupportedError as error:
        found.append(Refusal(error.message, error.hint))
    return found
