"""Deployments as Prefect has them: made, found, told in the contract's words."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lolpop.contract import (
    Deployment,
    DeploymentSpec,
    Overlap,
    Package,
    Schedule,
    ScheduleState,
    from_json,
)
from lolpop.errors import ContractError, NotFoundError, UnsupportedError
from lolpop_prefect import filters, paging
from lolpop_prefect.job import NAME, VARIABLE, Pointer
from lolpop_prefect.schema import form
from lolpop_prefect.urls import page

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.client.schemas.schedules import CronSchedule

    from lolpop_prefect.config import PrefectConfig

STRATEGIES = {Overlap.SKIP: "CANCEL_NEW", Overlap.QUEUE: "ENQUEUE"}
ENTRYPOINT = "lolpop_prefect.flow.walk"
MARK = "lolpop"
_PROJECT, _PACKAGE, _DEPLOYMENT = "lolpop:project:", "lolpop:package:", "lolpop:deployment:"
_SUSPENDED = "it was stopped: `lolpop deployment build` resumes it"


def wanted(
    package: Package, spec: DeploymentSpec, config: PrefectConfig, decorate: str | None
) -> dict[str, Any]:
    """Say what Prefect's deployment has to be, in the words of `create_deployment`.

    The schedules aren't in here: a suspended one is no other deployment.

    Args:
        package: What is deployed.
        spec: How.
        config: The orchestrator's.
        decorate: What a step is told, if calls beneath it show as tasks; else None.
    """
    digest = spec.digest(package.digest)
    pointer = Pointer(storage=spec.storage, digest=digest, decorate=decorate)
    return {
        "name": spec.name,
        "entrypoint": ENTRYPOINT,
        "version": digest[:12],
        "description": f"{package.manifest.runner} of {spec.project}, deployed by lolpop",
        "tags": [
            MARK,
            _PROJECT + spec.project,
            _PACKAGE + package.digest,
            _DEPLOYMENT + digest,
        ],
        "parameters": dict(spec.parameters),
        "parameter_openapi_schema": form(package.manifest.parameters),
        "enforce_parameter_schema": True,
        "work_pool_name": config.work_pool,
        "work_queue_name": config.work_queue or "default",
        "job_variables": {
            "command": f"{shlex.quote(sys.executable)} -m prefect.engine",
            "env": pointer.variables,
        },
    }


def crons(spec: DeploymentSpec) -> list[CronSchedule]:
    """Give the schedules that a deployment gets: one, or none.

    Raises:
        UnsupportedError: Prefect doesn't take it.
    """
    from prefect.client.schemas.schedules import CronSchedule
    from pydantic import ValidationError

    if spec.schedule is None:
        return []
    try:
        return [CronSchedule(cron=spec.schedule.cron, timezone=spec.schedule.timezone)]
    except ValidationError:
        raise UnsupportedError(
            f"deployment.schedule: Prefect doesn't take {spec.schedule.cron!r}"
            f" in {spec.schedule.timezone!r}",
            hint="see that every field lies in its range: '0 6 * * *' is every day at six",
        ) from None


def put(
    client: SyncPrefectClient,
    wanted: Mapping[str, Any],
    spec: DeploymentSpec,
    crons: list[CronSchedule],
) -> None:
    """Make a deployment, or change it in place."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions

    strategy = ConcurrencyLimitStrategy(STRATEGIES[spec.overlap])
    limited = spec.concurrency is not None
    client.create_deployment(
        flow_id=client.create_flow_from_name(spec.name),
        schedules=[DeploymentScheduleCreate(schedule=cron, active=True) for cron in crons],
        concurrency_limit=spec.concurrency,
        concurrency_options=ConcurrencyOptions(collision_strategy=strategy) if limited else None,
        paused=False,
        **wanted,
    )


def every(client: SyncPrefectClient) -> Iterator[DeploymentResponse]:
    """Yield what lolpop has deployed."""
    ours = filters.tagged(MARK)
    return paging.every(client.read_deployments, deployment_filter=ours)


def named(client: SyncPrefectClient, name: str) -> DeploymentResponse | None:
    """Find the deployment of a name, whoever made it; its flow has the same name."""
    found = client.read_deployments(
        flow_filter=filters.flow(name), deployment_filter=filters.deployed(name)
    )
    return found[0] if found else None


def is_ours(there: DeploymentResponse) -> bool:
    """Whether lolpop made a deployment."""
    return MARK in there.tags


def demanded(client: SyncPrefectClient, name: str) -> DeploymentResponse:
    """Find a deployment of ours.

    Raises:
        NotFoundError: There is none of that name.
    """
    found = named(client, name)
    if found is None or not is_ours(found):
        names = ", ".join(sorted(each.name for each in every(client))) or "none"
        raise NotFoundError(
            f"no deployment {name!r} on Prefect; there is {names}",
            hint="`lolpop deployment build` makes one",
        )
    return found


def pointer_of(there: DeploymentResponse) -> Pointer:
    """Give what a deployment of ours points at.

    Raises:
        ContractError: Somebody took it away in Prefect.
    """
    variables = there.job_variables.get("env") or {}
    try:
        return from_json(Pointer, json.loads(variables[VARIABLE]))
    except (ContractError, KeyError, TypeError, ValueError) as error:
        raise ContractError(
            f"the job variables of Prefect's deployment {there.name!r} have lost {VARIABLE}",
            hint="`lolpop deployment build` sets it again",
        ) from error


def recovered(there: DeploymentResponse, storage: str) -> Pointer:
    """Give what a deployment of ours points at, or most likely did before somebody took it away.

    Args:
        there: Prefect's deployment.
        storage: The storage of whoever asks.
    """
    try:
        return pointer_of(there)
    except ContractError:
        return Pointer(storage=storage, digest=_tag(there, _DEPLOYMENT))


def told(there: DeploymentResponse, storage: str) -> Deployment:
    """Tell of a deployment in the contract's words.

    Args:
        there: Prefect's deployment.
        storage: The storage of whoever asks, for a deployment that has lost its own.
    """
    try:
        pointer_of(there)
        problem = _problem(there)
    except ContractError as error:
        problem = error.message
    schedule, active = _schedule(there)
    state = ScheduleState.ACTIVE if active else ScheduleState.SUSPENDED
    return Deployment(
        orchestrator=NAME,
        name=there.name,
        project=_tag(there, _PROJECT),
        package_digest=_tag(there, _PACKAGE),
        deployment_digest=_tag(there, _DEPLOYMENT),
        storage=recovered(there, storage).storage,
        parameters=there.parameters,
        engine_id=str(there.id),
        url=page("deployment", there.id),
        schedule=schedule,
        schedule_state=state if schedule else None,
        schedule_reason=_SUSPENDED if schedule and not active else None,
        problem=problem,
        updated_at=there.updated,
    )


def _problem(there: DeploymentResponse) -> str | None:
    if there.work_pool_name is None:
        return "its work pool is gone from Prefect: `lolpop deployment build` puts it on another"
    return None


def _schedule(there: DeploymentResponse) -> tuple[Schedule | None, bool]:
    for each in there.schedules:
        cron = getattr(each.schedule, "cron", None)
        if cron is not None:
            zone = getattr(each.schedule, "timezone", None) or "UTC"
            return Schedule(cron, zone), each.active and not there.paused
    return None, False


def _tag(there: DeploymentResponse, prefix: str) -> str:
    found = (tag.removeprefix(prefix) for tag in there.tags if tag.startswith(prefix))
    return next(found, "")


def suspend(client: SyncPrefectClient, there: DeploymentResponse) -> bool:
    """Let a deployment's schedules start nothing; False if it has none."""
    for each in there.schedules:
        if each.active:
            client.update_deployment_schedule(there.id, each.id, active=False)
    return bool(there.schedules)


def is_suspended(there: DeploymentResponse) -> bool:
    """Whether a schedule of the deployment starts nothing."""
    return there.paused or any(not each.active for each in there.schedules)
