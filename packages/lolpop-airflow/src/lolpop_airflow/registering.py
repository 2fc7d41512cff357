"""DAGs as Airflow has them: waited for until it has read the file, and until it has let go."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from lolpop.errors import EngineError
from lolpop_airflow.connecting import AnswerError, Api
from lolpop_airflow.files import DagFile

_POLL = 0.25
_PASSING = (409, 500, 502, 503, 504)
"""What Airflow may answer once in a while, such as while a task is just ending."""

_ENOUGH = 15.0
"""Seconds after which such an answer doesn't pass any more."""

_INTERVAL = (
    "Airflow looks for new files every `[dag_processor] refresh_interval` seconds, 300 by default:"
    " lower it, see that `airflow dag-processor` runs and reads that folder, or raise `patience`"
)


def wait_for(api: Api, file: DagFile, patience: float) -> None:
    """Wait until Airflow has read exactly this file, and let the DAG run.

    Raises:
        EngineError: The file has an import error, somebody else has written another one, or the
            time is up.
    """
    _wait(api, file, patience, lambda: is_current(api, file))
    unpause(api, file.dag_id)


def rest(api: Api, file: DagFile, patience: float) -> None:
    """Wait until the schedule of a suspended deployment starts nothing in Airflow any more.

    A DAG that Airflow doesn't have, or has no file for, has no schedule.

    Raises:
        EngineError: As `wait_for` does.
    """
    if file.aside:
        _wait_gone(file, patience, lambda: not is_active(api, file))
    else:
        _wait(api, file, patience, lambda: not is_active(api, file) or is_current(api, file))


def _wait(api: Api, file: DagFile, patience: float, enough: Callable[[], bool]) -> None:
    def done() -> bool:
        if not file.stands:
            raise EngineError(
                f"somebody else has changed {str(file.path)!r} just now: deployment"
                f" {file.spec.name!r} is theirs",
                hint="agree on who deploys, or choose another name with -n, and build again",
            )
        errors = import_errors(api, file.path.name)
        if error := import_error(errors, file):
            raise EngineError(
                f"Airflow can't import {str(file.path)!r}: {error}",
                hint="`airflow.sdk` of an Airflow 3 is needed",
            )
        return enough()

    if not waited(done, patience):
        raise EngineError(
            f"Airflow hasn't read {str(file.path)!r} in {patience:g} s", hint=_INTERVAL
        )


def _wait_gone(file: DagFile, patience: float, gone: Callable[[], bool]) -> None:
    if not waited(gone, patience):
        raise EngineError(
            f"Airflow still has dag {file.dag_id!r} {patience:g} s after its file is gone",
            hint=f"{_INTERVAL}; then call `lolpop deployment remove` again",
        )


def is_active(api: Api, file: DagFile) -> bool:
    """Whether Airflow has a deployment's DAG, and believes that its file is there."""
    found = api.find("DAGApi", "get_dag", dag_id=file.dag_id)
    return bool(found and not found.is_stale and _place(found).name == file.place.name)


def is_known(api: Api, dag_id: str) -> bool:
    """Whether Airflow has a DAG at all, be its file there or not."""
    return api.find("DAGApi", "get_dag", dag_id=dag_id) is not None


def foreign(api: Api, dag_id: str, file_name: str) -> str | None:
    """Give the file of a DAG that somebody else made; None if there is no such DAG."""
    found = api.find("DAGApi", "get_dag", dag_id=dag_id)
    if found is None or found.is_stale or _place(found).name == file_name:
        return None
    return str(_place(found))


def _place(dag: Any) -> PurePosixPath:
    return PurePosixPath(dag.relative_fileloc or dag.fileloc)


def is_current(api: Api, file: DagFile) -> bool:
    """Whether Airflow has read exactly this file."""
    found = api.find("DAGApi", "get_dag_details", dag_id=file.dag_id)
    said = (found.doc_md or "") if found and not found.is_stale else ""
    suspended = said.endswith("suspended.")
    return f"`{file.revision}`" in said and suspended is file.suspended


def import_errors(api: Api, pattern: str = "lolpop_") -> list[Any]:
    """Give what Airflow says about files that it can't import."""
    found = api.call("ImportErrorApi", "get_import_errors", filename_pattern=pattern, limit=100)
    return list(found.import_errors)


def import_error(errors: list[Any], file: DagFile) -> str | None:
    """Give the last line of what Airflow says about a file, if it is about the file as it is."""
    since = file.path.stat().st_mtime
    for each in errors:
        ours = each.filename.rpartition("/")[2] == file.path.name
        if ours and each.timestamp.timestamp() >= since:
            return str(each.stack_trace).strip().rpartition("\n")[2]
    return None


def unpause(api: Api, dag_id: str) -> None:
    """Let a DAG run that somebody paused."""
    from airflow_client.client import DAGPatchBody

    if is_paused(api, dag_id):
        api.call("DAGApi", "patch_dag", dag_id=dag_id, dag_patch_body=DAGPatchBody(is_paused=False))


def is_paused(api: Api, dag_id: str) -> bool:
    """Whether a DAG is paused, so that its runs stay queued."""
    found: Any = api.find("DAGApi", "get_dag", dag_id=dag_id)
    return bool(found and found.is_paused)


def forget(api: Api, file: DagFile, patience: float) -> None:
    """Delete a DAG whose file is gone, with its runs.

    Raises:
        EngineError: Airflow hasn't noticed in time that the file is gone, or still has the DAG.
    """

    def gone() -> bool:
        found = api.find("DAGApi", "get_dag", dag_id=file.dag_id)
        if found is None or _place(found).name != file.place.name:
            return True
        if found.is_stale:
            api.find("DAGApi", "delete_dag", dag_id=file.dag_id)
        return False

    _wait_gone(file, patience, gone)


def waited(ask: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until the answer is yes; give whether it is in time.

    Raises:
        AnswerError: Airflow answers with an error that doesn't pass.
    """
    began = time.monotonic()
    sound = began
    while True:
        try:
            if ask():
                return True
            sound = time.monotonic()
        except AnswerError as error:
            if error.status not in _PASSING or time.monotonic() > min(
                sound + _ENOUGH, began + seconds
            ):
                raise
        if time.monotonic() > began + seconds:
            return False
        time.sleep(_POLL)
