"""Runs whose time has passed: a schedule never makes up for what it missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lolpop.contract import DeploymentSpec, Overlap
from lolpop_prefect import filters, paging

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

_LATEST = timedelta(seconds=1)


def is_missed(client: SyncPrefectClient, run: FlowRun, spec: DeploymentSpec) -> bool:
    """Whether a run of a schedule starts so late that the schedule's next one is due as well.

    Prefect keeps the runs that nobody took, and starts all of them when a worker comes.
    """
    waits = spec.concurrency is not None and spec.overlap is Overlap.QUEUE
    due = run.expected_start_time
    if (
        not run.auto_scheduled
        or run.run_count > 1
        or waits
        or due is None
        or run.deployment_id is None
    ):
        return False
    later = paging.every(
        client.read_flow_runs,
        deployment_filter=filters.deployment(run.deployment_id),
        flow_run_filter=filters.expected(due + _LATEST, datetime.now(UTC)),
    )
    return any(each.auto_scheduled and not _fell_out(each) for each in later)


def _fell_out(run: FlowRun) -> bool:
    """Whether a run was over before it began, as one that Prefect cancels beyond the limit."""
    return run.run_count == 0 and run.state is not None and run.state.is_final()
