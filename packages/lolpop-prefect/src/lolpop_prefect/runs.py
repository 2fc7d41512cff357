"""Runs as Prefect has them: started, found, told in the contract's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from lolpop.contract import (
    Run,
    RunRef,
    RunState,
    RunStatus,
    StatusSource,
    StepState,
    StepStatus,
)
from lolpop.errors import EngineError, NotFoundError
from lolpop_prefect import filters, paging, pools
from lolpop_prefect.job import NAME, split
from lolpop_prefect.outcome import plain
from lolpop_prefect.registry import pointer_of
from lolpop_prefect.urls import page

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, TaskRun
    from prefect.client.schemas.responses import DeploymentResponse

_PATIENCE = 15.0
"""Seconds that a run may wait before it is asked why nobody takes it."""

_WAITING = "AwaitingConcurrencySlot"
"""The state of a run that is due, while as many are active as may be."""

_STATES = {
    "SCHEDULED": RunState.QUEUED,
    "PENDING": RunState.QUEUED,
    "RUNNING": RunState.RUNNING,
    "PAUSED": RunState.RUNNING,
    "CANCELLING": RunState.STOPPING,
    "COMPLETED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "CANCELLED": RunState.CANCELLED,
    "CRASHED": RunState.CRASHED,
}
_STEP_STATES = {
    "SCHEDULED": StepState.RETRYING,
    "PENDING": StepState.PENDING,
    "COMPLETED": StepState.SUCCEEDED,
    "FAILED": StepState.FAILED,
    "CANCELLED": StepState.CANCELLED,
    "CRASHED": StepState.CRASHED,
}


def start(
    client: SyncPrefectClient,
    there: DeploymentResponse,
    parameters: Mapping[str, Any],
    key: str | None,
) -> FlowRun:
    """Ask for a run; asked again with the same key, Prefect gives the run that there is.

    Args:
        client: The API.
        there: The deployment.
        parameters: Values for this run alone.
        key: The caller's word for this run; without one it is a run of its own, even if
            the client has to ask twice.
    """
    from prefect.client.schemas.objects import FlowRun
    from prefect.states import Scheduled, to_state_create

    pointer = pointer_of(there)
    given, variables = split(parameters, pointer.storage)
    asked: dict[str, Any] = {
        "state": to_state_create(Scheduled()).model_dump(mode="json", exclude_unset=True),
        "parameters": given,
        "idempotency_key": key or str(uuid4()),
    }
    if variables:  # what isn't there can't be checked; the core has done that
        asked |= {"enforce_parameter_schema": False, "job_variables": {"env": variables}}
    answer = client.request(
        "POST",
        "/deployments/{id}/create_flow_run",
        path_params={"id": there.id},
        json=asked,
    )
    made = FlowRun.model_validate(answer.json())
    # A run that Prefect skips has no step that would make its record.
    pointer.record(str(made.id), {**made.parameters, **parameters})
    return made


def living(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """Give the runs of which something may live: Prefect lets go of a crashed run's steps."""
    return [*every(client, deployment_id, active=True, crashed=True)]


def every(
    client: SyncPrefectClient, deployment_id: UUID, active: bool, crashed: bool = False
) -> Iterator[FlowRun]:
    """Yield the runs of a deployment, newest first; what its schedule only plans isn't one.

    Args:
        client: The API.
        deployment_id: The deployment.
        active: Whether to leave out runs that are over.
        crashed: Whether to give those all the same that crashed.
    """
    from prefect.client.schemas.sorting import FlowRunSort

    found = paging.every(
        client.read_flow_runs,
        deployment_filter=filters.deployment(deployment_id),
        flow_run_filter=filters.active(crashed) if active else None,
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
    )
    return (each for each in found if not _is_planned(each))


def _is_planned(run: FlowRun) -> bool:
    """Whether a schedule has made a run ahead of its time."""
    # One that waits for a slot has a new time ahead of it, but its own has come.
    if run.state is None or not run.state.is_scheduled() or run.state_name == _WAITING:
        return False
    due = run.expected_start_time
    return bool(run.auto_scheduled and due and due > datetime.now(UTC))


def demanded(client: SyncPrefectClient, run_id: str, there: DeploymentResponse) -> FlowRun:
    """Find a run of a deployment.

    Raises:
        NotFoundError: It has none of that id.
    """
    found = known(client, run_id, there.name)
    if found.deployment_id != there.id:
        raise _unknown(run_id, there.name)
    return found


def known(client: SyncPrefectClient, run_id: str, deployment: str) -> FlowRun:
    """Find a run, though its deployment may be gone.

    Raises:
        NotFoundError: Prefect has none of that id.
    """
    from prefect.exceptions import ObjectNotFound

    try:
        return client.read_flow_run(UUID(run_id))
    except (ValueError, ObjectNotFound):
        raise _unknown(run_id, deployment) from None


def _unknown(run_id: str, deployment: str) -> NotFoundError:
    return NotFoundError(
        f"deployment {deployment!r} has no run {run_id!r} on Prefect",
        hint="`lolpop runs list` shows all runs",
    )


def told(run: FlowRun, deployment: str) -> Run:
    """Tell of a run in the contract's words."""
    return Run(
        ref=RunRef(NAME, deployment, str(run.id)),
        state=state_of(run),
        engine_state=run.state_name,
        url=page("flow-run", run.id),
        created_at=run.created,
        started_at=run.start_time,
        ended_at=run.end_time,
    )


def state_of(run: FlowRun) -> RunState:
    """Give a run's state in the contract's words."""
    kind = run.state_type.value if run.state_type else ""
    return _STATES.get(kind, RunState.UNKNOWN)


def status(client: SyncPrefectClient, ref: RunRef) -> RunStatus:
    """Say where a run and its steps stand."""
    found = known(client, ref.run_id, ref.deployment)
    run = told(found, ref.deployment)
    tasks = tasks_of(client, found.id)
    failed = next((each for each in tasks.values() if _state(each) is StepState.FAILED), None)
    error = _error(failed) if failed else None
    return RunStatus(
        run=run,
        source=StatusSource.ENGINE,
        steps=tuple(_step(task, run.state) for task in tasks.values()),
        message=_message(client, found, run.state),
        failed_step=failed.name if failed else None,
        error=error or (_said(found) if run.state in _BAD else None),
    )


_BAD = (RunState.FAILED, RunState.CRASHED)


def tasks_of(client: SyncPrefectClient, run_id: UUID) -> dict[str, TaskRun]:
    """Give the task run of each step, the newest where a rerun made another one."""
    from prefect.client.schemas.sorting import TaskRunSort

    found = paging.every(
        client.read_task_runs,
        flow_run_filter=filters.flow_run(run_id),
        sort=TaskRunSort.EXPECTED_START_TIME_ASC,
    )
    # What runs beneath a step has a parent.
    return {each.name: each for each in found if "__parents__" not in each.task_inputs}


def _step(task: TaskRun, run: RunState) -> StepStatus:
    state = _state(task)
    if run.is_over and not state.is_over and state is not StepState.PENDING:
        # Prefect leaves what was cut short as it was.
        state = StepState.CANCELLED if run is RunState.CANCELLED else StepState.CRASHED
    return StepStatus(
        name=task.name,
        state=state,
        engine_state=task.state_name,
        engine_id=str(task.id),
        url=page("task-run", task.id),
    )


def _state(task: TaskRun) -> StepState:
    kind = task.state_type.value if task.state_type else ""
    return _STEP_STATES.get(kind, StepState.RUNNING)


def _error(task: TaskRun) -> str | None:
    message = task.state.message if task.state else None
    return plain(message) if message else None


def _said(run: FlowRun) -> str | None:
    return run.state.message if run.state else None


def _message(client: SyncPrefectClient, run: FlowRun, state: RunState) -> str | None:
    if state is RunState.CANCELLED:
        return _said(run)
    due = run.next_scheduled_start_time or run.expected_start_time or run.created
    if state is not RunState.QUEUED or due is None or run.work_pool_name is None:
        return None
    if run.state_name == _WAITING:
        return "it waits for a slot: `deployment.concurrency` was reached when Prefect last looked"
    if (datetime.now(UTC) - due).total_seconds() < _PATIENCE:
        return None
    return pools.trouble(client, run.work_pool_name)


def refuse_broken(there: DeploymentResponse) -> None:
    """Refuse to run a deployment that has lost its work pool.

    Raises:
        EngineError: It has.
    """
    if there.work_pool_name is None:
        raise EngineError(
            f"deployment {there.name!r} is on no work pool, so nobody would take the run",
            hint="`lolpop deployment build` puts it on the configured one",
        )
