"""Runs as Airflow has them: started, found, told in the contract's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from secrets import token_hex
from typing import Any
from urllib.parse import quote

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
from lolpop_airflow.connecting import Api
from lolpop_airflow.files import DagFile
from lolpop_airflow.generating import NAME
from lolpop_airflow.naming import dag_id_of
from lolpop_airflow.printed import error
from lolpop_airflow.recording import is_recorded
from lolpop_airflow.registering import is_paused

_PATIENCE = 15.0
"""Seconds that a run may wait before it is asked why nothing of it starts."""

_STATES = {
    "queued": RunState.QUEUED,
    "running": RunState.RUNNING,
    "success": RunState.SUCCEEDED,
    "failed": RunState.FAILED,
}
_STEP_STATES = {
    "running": StepState.RUNNING,
    "restarting": StepState.RETRYING,
    "up_for_retry": StepState.RETRYING,
    "success": StepState.SUCCEEDED,
    "failed": StepState.FAILED,
    "upstream_failed": StepState.SKIPPED,
    "skipped": StepState.SKIPPED,
    "removed": StepState.SKIPPED,
}
_UNSTARTED = ("scheduled", "queued")


def start(api: Api, file: DagFile, parameters: Mapping[str, Any], key: str | None) -> Any:
    """Ask for a run; asked again with the same key, give the run that there is."""
    from airflow_client.client import TriggerDAGRunPostBody

    made, there = (_fresh(), None) if key is None else _named(api, file, key)
    if there is not None:
        return there
    body = TriggerDAGRunPostBody(dag_run_id=made, conf=dict(parameters))
    try:
        return api.call(
            "DagRunApi", "trigger_dag_run", dag_id=file.dag_id, trigger_dag_run_post_body=body
        )
    except EngineError:
        # Somebody else may have asked with the same key just now.
        there = _find(api, file.dag_id, made)
        if there is None:
            raise
        return there


def _named(api: Api, file: DagFile, key: str) -> tuple[str, Any]:
    """Give the run id of a key, and the run if there is one.

    Deleting a DAG deletes its runs, but not their records: those ids aren't used again.
    """
    digest = sha256(key.encode()).hexdigest()[:20]
    for number in count():
        made = f"lolpop-{digest}-{number}"
        there = _find(api, file.dag_id, made)
        if there is not None or not is_recorded(file, made):
            return made, there
    raise AssertionError  # there is always a next number


def _find(api: Api, dag_id: str, run_id: str) -> Any:
    return api.find("DagRunApi", "get_dag_run", dag_id=dag_id, dag_run_id=run_id)


def _fresh() -> str:
    return f"lolpop-{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"


def every(api: Api, name: str, active: bool) -> Iterator[Any]:
    """Yield the runs of a deployment, newest first; none if Airflow doesn't know its DAG."""
    return api.all(
        "DagRunApi",
        "get_dag_runs",
        "dag_runs",
        dag_id=dag_id_of(name),
        state=["queued", "running"] if active else None,
        order_by=["-run_after", "-id"],
    )


def demanded(api: Api, run_id: str, name: str) -> Any:
    """Find a run.

    Raises:
        NotFoundError: Airflow has none of that id.
    """
    found = _find(api, dag_id_of(name), run_id)
    if found is None:
        raise NotFoundError(
            f"deployment {name!r} has no run {run_id!r} on Airflow",
            hint="`lolpop runs list` shows all runs",
        )
    return found


def told(api: Api, run: Any, name: str) -> Run:
    """Tell of a run in the contract's words."""
    page = f"{api.url}/dags/{run.dag_id}/runs/{quote(run.dag_run_id, safe='')}"
    return Run(
        ref=RunRef(NAME, name, run.dag_run_id),
        state=_STATES.get(run.state.value, RunState.UNKNOWN),
        engine_state=run.state.value,
        url=page,
        created_at=run.queued_at or run.run_after,
        started_at=run.start_date,
        ended_at=run.end_date,
    )


def status(api: Api, ref: RunRef) -> RunStatus:
    """Say where a run and its steps stand."""
    run = told(api, demanded(api, ref.run_id, ref.deployment), ref.deployment)
    found = [*tasks(api, ref)]
    steps = [_step(task, run.url) for task in found]
    states = [step.state for step in steps]
    over = run.state is RunState.FAILED and StepState.FAILED in states
    failed = found[states.index(StepState.FAILED)] if over else None
    return RunStatus(
        run=run,
        source=StatusSource.ENGINE,
        steps=tuple(steps),
        message=_message(api, run, steps),
        failed_step=failed.task_display_name if failed else None,
        error=error(api, failed) if failed else None,
    )


def tasks(api: Api, ref: RunRef) -> Iterator[Any]:
    """Yield the task instances of a run."""
    return api.all(
        "TaskInstanceApi",
        "get_task_instances",
        "task_instances",
        dag_id=dag_id_of(ref.deployment),
        dag_run_id=ref.run_id,
    )


def _step(task: Any, page: str | None) -> StepStatus:
    word = task.state.value if task.state else None
    state = _STEP_STATES.get(word or "", StepState.PENDING)
    if word in _UNSTARTED and task.try_number > 1:
        state = StepState.RETRYING
    return StepStatus(
        name=task.task_display_name,
        state=state,
        engine_state=word,
        engine_id=task.task_id,
        url=f"{page}/tasks/{task.task_id}",
    )


def _message(api: Api, run: Run, steps: list[StepStatus]) -> str | None:
    """Say why nothing of a run starts, if it waits for long."""
    waits = not run.state.is_over and all(step.state is StepState.PENDING for step in steps)
    since = run.created_at
    if not waits or since is None:
        return None
    if is_paused(api, dag_id_of(run.ref.deployment)):
        return "its DAG is paused in Airflow: `lolpop deployment build` lets it run again"
    if (datetime.now(UTC) - since).total_seconds() < _PATIENCE:
        return None
    health = api.call("MonitorApi", "get_health")
    if health.scheduler.status != "healthy":
        return "nothing takes it: Airflow's scheduler isn't running (`airflow scheduler`)"
    return _limit(api, dag_id_of(run.ref.deployment))


def _limit(api: Api, dag_id: str) -> str:
    """Say which limit holds a run back; else whom to ask."""
    most = api.call("DAGApi", "get_dag", dag_id=dag_id).max_active_runs
    found = api.call("DagRunApi", "get_dag_runs", dag_id=dag_id, state=["running"], limit=1)
    if most is not None and found.total_entries >= most:
        return f"it waits for its turn: {found.total_entries} runs are active, and {most} may be"
    name = api.config.pool or "default_pool"
    pool = api.find("PoolApi", "get_pool", pool_name=name)
    if pool is not None and pool.open_slots <= 0:
        return f"it waits for its turn: pool {name!r} has no free slot of its {pool.slots}"
    return "Airflow's scheduler hasn't started it yet: its log says what the executor waits for"
