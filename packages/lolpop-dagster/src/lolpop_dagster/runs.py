"""Runs as Dagster has them: started, found, told in the contract's words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from lolpop.contract import (
    Run,
    RunRef,
    RunState,
    RunStatus,
    StatusSource,
    StepState,
    StepStatus,
)
from lolpop.errors import EngineError, LolpopError, NotFoundError
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop_dagster import daemons, jobfile
from lolpop_dagster.api import Api, said
from lolpop_dagster.events import Events
from lolpop_dagster.jobfile import NAME, JobFile
from lolpop_dagster.naming import Names, job_of
from lolpop_dagster.pinning import opened

_PAGE = 200
_SECONDS = 120.0
"""How long a launch may take: without the queue, until the run's process is there."""

_PATIENCE = 15.0
"""Seconds that a run may wait before it is asked why nobody takes it."""

_STATES = {
    "QUEUED": RunState.QUEUED,
    "NOT_STARTED": RunState.QUEUED,
    "STARTING": RunState.QUEUED,
    "STARTED": RunState.RUNNING,
    "CANCELING": RunState.STOPPING,
    "SUCCESS": RunState.SUCCEEDED,
    "FAILURE": RunState.FAILED,
    "CANCELED": RunState.CANCELLED,
}
_ACTIVE = [word for word, state in _STATES.items() if not state.is_over]
_STEP_STATES = {
    "SUCCESS": StepState.SUCCEEDED,
    "FAILURE": StepState.FAILED,
    "SKIPPED": StepState.SKIPPED,
}
_RUN = """
fragment R on Run {
  runId status jobName tags { key value } parentRunId stepKeysToExecute
  creationTime startTime endTime
}
"""
_ONE = (
    """
query One($run: ID!) { runOrError(runId: $run) {
  __typename ... on Run { ...R stepStats { stepKey status } } ... on PythonError { message }
} }
"""
    + _RUN
)
_MANY = (
    """
query Many($filter: RunsFilter!, $cursor: String, $limit: Int) {
  runsOrError(filter: $filter, cursor: $cursor, limit: $limit) {
    __typename ... on Runs { results { ...R } } ... on PythonError { message }
} }
"""
    + _RUN
)
_LAUNCH = (
    """
mutation Launch($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename
  ... on LaunchRunSuccess { run { ...R } }
  ... on RunConfigValidationInvalid { errors { message } }
  ... on PythonError { message errorChain { error { message } } }
  ... on UnauthorizedError { message } ... on PipelineNotFoundError { message }
  ... on InvalidSubsetError { message } ... on RunConflict { message }
} }
"""
    + _RUN
)

Found = Mapping[str, Any]


def start(
    api: Api,
    selector: Mapping[str, str],
    file: JobFile,
    parameters: Mapping[str, Any],
    key: str | None,
) -> Found:
    """Ask for a run; asked again with the same key, it is the run that there is."""
    if key is not None and (there := _keyed(api, file.spec.name, key)):
        return there
    config = {"resources": {"parameters": {"config": dict(parameters)}}} if parameters else {}
    tags = [{"key": jobfile.KEY, "value": key}] if key is not None else []
    params = {
        "selector": dict(selector),
        "runConfigData": config,
        "executionMetadata": {"tags": tags},
    }
    answer = api.ask(_LAUNCH, _SECONDS, params=params)["launchRun"]
    if answer["__typename"] != "LaunchRunSuccess":
        raise EngineError(
            f"Dagster at {api.url!r} doesn't start a run of {file.job!r}: {said(answer)}",
            hint="`lolpop deployment build` loads the deployment anew",
        )
    run: Found = answer["run"]
    return run


def _keyed(api: Api, name: str, key: str) -> Found | None:
    return next(every(api, name, active=False, tags={jobfile.KEY: key}), None)


def record(file: JobFile, run: Found, parameters: Mapping[str, Any]) -> RunRecord:
    """Open the record of a run, made now if it has none."""
    return opened(file, run["runId"], parameters, parent_of(run))


def parent_of(run: Found) -> str | None:
    """Give the run whose finished steps a run doesn't repeat, or None."""
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    partly = tags.get("dagster/is_resume_retry") == "true" or run["stepKeysToExecute"]
    parent: str | None = run["parentRunId"] if partly else None
    return parent


def every(
    api: Api, name: str, active: bool, tags: Mapping[str, str] | None = None
) -> Iterator[Found]:
    """Yield the runs of a deployment, newest first."""
    wanted = {jobfile.DEPLOYMENT: name, **(tags or {})}
    conditions: dict[str, Any] = {
        "pipelineName": job_of(name),
        "tags": [{"key": key, "value": value} for key, value in wanted.items()],
    }
    if active:
        conditions["statuses"] = _ACTIVE
    cursor = None
    while True:
        found = api.one(_MANY, "Runs", filter=conditions, cursor=cursor, limit=_PAGE)["results"]
        yield from found
        if len(found) < _PAGE:
            return
        cursor = found[-1]["runId"]


def demanded(api: Api, run_id: str, name: str) -> Found:
    """Find a run.

    Raises:
        NotFoundError: Dagster has none of that id, or it is of another deployment.
    """
    found: Found = api.ask(_ONE, run=run_id)["runOrError"]
    tags = {tag["key"]: tag["value"] for tag in found.get("tags", ())}
    if found["__typename"] != "Run" or tags.get(jobfile.DEPLOYMENT) != name:
        raise NotFoundError(
            f"deployment {name!r} has no run {run_id!r} on Dagster",
            hint="`lolpop runs list` shows all runs",
        )
    return found


def told(api: Api, run: Found, name: str) -> Run:
    """Tell of a run in the contract's words."""
    return Run(
        ref=RunRef(NAME, name, run["runId"]),
        state=_STATES.get(run["status"], RunState.UNKNOWN),
        engine_state=run["status"],
        parent_run_id=parent_of(run),
        url=f"{api.url}/runs/{run['runId']}",
        created_at=_time(run["creationTime"]),
        started_at=_time(run["startTime"]),
        ended_at=_time(run["endTime"]),
    )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def status(api: Api, ref: RunRef, storage: str) -> RunStatus:
    """Say where a run and its steps stand.

    Args:
        api: The webserver.
        ref: The run.
        storage: The storage that knows the steps' names.
    """
    found = demanded(api, ref.run_id, ref.deployment)
    run = told(api, found, ref.deployment)
    steps = [*_steps(found, run, keys(found, storage))]
    failed = next((step for step in steps if step.state is StepState.FAILED), None)
    error = _error(api, ref.run_id, failed) if run.state is RunState.FAILED else None
    if run.state is RunState.FAILED and failed is None:
        run = Run(**{**{each: getattr(run, each) for each in _FIELDS}, "state": RunState.CRASHED})
    return RunStatus(
        run=run,
        source=StatusSource.ENGINE,
        steps=tuple(steps),
        message=_message(api, run),
        failed_step=failed.name if failed and run.state is RunState.FAILED else None,
        error=error,
    )


_FIELDS = tuple(Run.__dataclass_fields__)


def keys(run: Found, storage: str) -> dict[str, str]:
    """Give the names of a run's steps by Dagster's keys, in program order."""
    with suppress(LolpopError):
        store = Store(storage)
        graph = read_manifest(store, _package_of(run, store)).graph
        return {key: name for name, key in Names(graph).keys.items()}
    return {}


def _package_of(run: Found, store: Store) -> str:
    """Give the package of a run's steps; before it is pinned, that of its tags."""
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    ref = RunRef(NAME, tags.get(jobfile.DEPLOYMENT, ""), run["runId"])
    made = Runs(store).find(ref)
    return made.package_digest if made else str(tags.get(jobfile.PACKAGE, ""))


def _steps(found: Found, run: Run, names: Mapping[str, str]) -> Iterator[StepStatus]:
    words = {each["stepKey"]: each["status"] for each in found["stepStats"]}
    for key in [
        *(key for key in names if key in words),
        *(key for key in words if key not in names),
    ]:
        state = _STEP_STATES.get(words[key] or "", StepState.RUNNING)
        if run.state.is_over and state is StepState.RUNNING:
            # Dagster leaves what was cut short as it was.
            cut = run.state is RunState.CANCELLED
            state = StepState.CANCELLED if cut else StepState.CRASHED
        yield StepStatus(
            name=names.get(key, key),
            state=state,
            engine_state=words[key],
            engine_id=key,
            url=f"{run.url}?selection={key}",
        )


def _error(api: Api, run_id: str, failed: StepStatus | None) -> str | None:
    kind = "ExecutionStepFailureEvent" if failed else "RunFailureEvent"
    for event in Events(api, run_id).new():
        if event["__typename"] == kind and (not failed or event["stepKey"] == failed.engine_id):
            noted = (event.get("failureMetadata") or {}).get("description")
            return noted or said(event.get("error") or event).strip()
    return None


def _message(api: Api, run: Run) -> str | None:
    """Say why nothing of a run starts, if it waits for long."""
    waited = time.time() - run.created_at.timestamp() if run.created_at else 0
    if run.state is not RunState.QUEUED or waited < _PATIENCE:
        return None
    if run.engine_state == "QUEUED":
        return daemons.queue(api)
    return "Dagster has asked for its process, which hasn't said anything yet"
