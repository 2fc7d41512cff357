"""What the index holds, told in the contract's words."""

from __future__ import annotations

from pathlib import Path

from lolpop.contract import (
    Deployment,
    Overlap,
    Run,
    RunState,
    RunStatus,
    ScheduleState,
    StatusSource,
)
from lolpop.local.rows import NAME, Entry, Row

WHY_INACTIVE = (
    "nothing fires schedules here: use an orchestrator with a server, or let cron call"
    " `lolpop deployment run {name}`"
)
_WHY_SUSPENDED = "it was stopped: `lolpop deployment build` resumes it"


def run_of(row: Row) -> Run:
    """Tell of a run."""
    return Run(
        ref=row.ref,
        state=row.state,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def status_of(row: Row, before: int) -> RunStatus:
    """Tell where a run stands.

    Args:
        row: The run.
        before: How many runs it waits for, if it waits.
    """
    return RunStatus(
        run=run_of(row),
        source=StatusSource.ENGINE,
        message=_message(row, before),
        failed_step=row.failed_step,
        error=row.error,
    )


def _message(row: Row, before: int) -> str | None:
    if row.damage:
        return row.damage
    limit = row.spec.concurrency
    if row.state is RunState.QUEUED and limit is not None and before >= limit:
        return f"it waits for its turn: {before} before it, {limit} may be active at once"
    skipped = row.started_at is None and row.state is RunState.CANCELLED and row.error
    if skipped and row.spec.overlap is Overlap.SKIP:
        return "it was skipped: with `overlap: queue` it would have waited for its turn"
    return None


def deployment_of(entry: Entry, storage: str) -> Deployment:
    """Tell of a deployment.

    Args:
        entry: The deployment.
        storage: The storage that has the index.
    """
    spec = entry.spec
    state = ScheduleState.SUSPENDED if entry.suspended else ScheduleState.INACTIVE
    reason = _WHY_SUSPENDED if entry.suspended else WHY_INACTIVE.format(name=spec.name)
    return Deployment(
        orchestrator=NAME,
        name=spec.name,
        project=spec.project,
        package_digest=entry.package,
        deployment_digest=entry.digest,
        storage=storage if entry.damage else spec.storage,
        parameters=spec.parameters,
        schedule=spec.schedule,
        schedule_state=state if spec.schedule else None,
        schedule_reason=reason if spec.schedule else None,
        problem=problem_of(entry, storage),
        updated_at=entry.updated_at,
    )


def problem_of(entry: Entry, storage: str) -> str | None:
    """Say why a deployment can't run as things are now, or None if it can."""
    spec = entry.spec
    if entry.damage:
        return entry.damage
    if spec.storage != storage:
        return f"it was built for the storage {spec.storage!r}, which is {storage!r} now"
    if not Path(spec.interpreter).exists():
        return f"its interpreter {spec.interpreter!r} isn't there any more"
    return None
