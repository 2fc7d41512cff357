"""What somebody has changed on Prefect: a deployment there, compared with what is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lolpop.contract import DeploymentSpec
from lolpop_prefect.registry import STRATEGIES

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

_FIELDS = {
    "entrypoint": "entrypoint",
    "version": "version",
    "description": "description",
    "parameters": "parameters",
    "parameter_openapi_schema": "parameter schema",
    "enforce_parameter_schema": "parameter check",
    "work_pool_name": "work pool",
    "work_queue_name": "work queue",
    "job_variables": "job variables",
}


def differences(
    there: DeploymentResponse, wanted: Mapping[str, Any], spec: DeploymentSpec
) -> list[str]:
    """Name what Prefect's deployment has otherwise than deploying would write it.

    A schedule that is there and suspended is no difference.

    Args:
        there: Prefect's deployment.
        wanted: What it has to be, as `registry.wanted` says it.
        spec: What it is deployed as.
    """
    return [*_fields(there, wanted), *_rest(there, wanted, spec)]


def _fields(there: DeploymentResponse, wanted: Mapping[str, Any]) -> Iterator[str]:
    for field, word in _FIELDS.items():
        if _plain(getattr(there, field)) != _plain(wanted[field]):
            yield word


def _rest(
    there: DeploymentResponse, wanted: Mapping[str, Any], spec: DeploymentSpec
) -> Iterator[str]:
    if {*there.tags} != {*wanted["tags"]}:
        yield "tags"
    limit = there.global_concurrency_limit
    if (limit.limit if limit else None) != spec.concurrency:
        yield "concurrency limit"
    options = there.concurrency_options
    strategy = options.collision_strategy.value if options else None
    if spec.concurrency is not None and strategy != STRATEGIES[spec.overlap]:
        yield "collision strategy"
    schedule = spec.schedule
    fires: list[object] = [(schedule.cron, schedule.timezone, True, {})] if schedule else []
    if [*_crons(there)] != fires:
        yield "schedule"


def _crons(there: DeploymentResponse) -> Iterator[tuple[Any, ...]]:
    """Give what fires, and with which parameters; an interval has no cron."""
    for each in there.schedules:
        zone = getattr(each.schedule, "timezone", None) or "UTC"
        both = getattr(each.schedule, "day_or", True)
        yield getattr(each.schedule, "cron", None), zone, both, each.parameters


def _plain(value: Any) -> Any:
    """Give a value as JSON brings it back: a tuple as a list."""
    return json.loads(json.dumps(value))
