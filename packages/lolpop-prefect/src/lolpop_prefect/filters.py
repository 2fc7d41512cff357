"""What Prefect's API is asked for: the filters of the client, made from what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        FlowFilter,
        FlowRunFilter,
        LogFilter,
    )


def flow(name: str) -> FlowFilter:
    """Ask for the flow of a name."""
    from prefect.client.schemas.filters import FlowFilter

    return FlowFilter.model_validate({"name": {"any_": [name]}})


def deployment(id: UUID) -> DeploymentFilter:
    """Ask for the deployment of an id."""
    return _deployment(id={"any_": [id]})


def deployed(name: str) -> DeploymentFilter:
    """Ask for the deployments of a name."""
    return _deployment(name={"any_": [name]})


def tagged(tag: str) -> DeploymentFilter:
    """Ask for the deployments with a tag."""
    return _deployment(tags={"all_": [tag]})


def _deployment(**asked: Mapping[str, Any]) -> DeploymentFilter:
    from prefect.client.schemas.filters import DeploymentFilter

    return DeploymentFilter.model_validate(asked)


def flow_run(id: UUID) -> FlowRunFilter:
    """Ask for the run of an id."""
    from prefect.client.schemas.filters import FlowRunFilter

    return FlowRunFilter.model_validate({"id": {"any_": [id]}})


def active(crashed: bool) -> FlowRunFilter:
    """Ask for runs that aren't over, and for those that crashed if they are meant too."""
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.objects import TERMINAL_STATES, StateType

    over = TERMINAL_STATES - ({StateType.CRASHED} if crashed else set())
    return FlowRunFilter.model_validate({"state": {"type": {"not_any_": [*over]}}})


def expected(after: datetime, before: datetime) -> FlowRunFilter:
    """Ask for runs that were to start between two times."""
    from prefect.client.schemas.filters import FlowRunFilter

    return FlowRunFilter.model_validate(
        {"expected_start_time": {"after_": after, "before_": before}}
    )


def log(run: UUID, since: datetime | None) -> LogFilter:
    """Ask for the log of a run, or for what it has since a time."""
    from prefect.client.schemas.filters import LogFilter

    later = {"timestamp": {"after_": since}} if since else {}
    return LogFilter.model_validate({"flow_run_id": {"any_": [run]}, **later})
