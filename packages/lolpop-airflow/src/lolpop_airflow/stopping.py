"""End runs, verified: Airflow is asked, and the processes are looked at."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from lolpop.contract import RunRef
from lolpop.execution.leftovers import end_leftovers
from lolpop.execution.processes import of_attempts, tokens_of
from lolpop.storage.records import RunRecord
from lolpop_airflow.connecting import Api
from lolpop_airflow.files import DagFile
from lolpop_airflow.recording import record_of
from lolpop_airflow.runs import demanded, tasks

_POLL = 0.3
_SHARE = 0.6
"""The part of the time after which what Airflow doesn't end is ended without it."""

_LATE = 15.0
"""Seconds in which Airflow ends the processes of a run that it calls failed."""

_ALIVE = ("running", "restarting")


class Stopping:
    """Ends runs of one deployment.

    Args:
        api: Airflow.
        file: The deployment's file.
        timeout: Seconds until all must be gone.
    """

    def __init__(self, api: Api, file: DagFile, timeout: float) -> None:
        self.api = api
        self.file = file
        self.began = time.monotonic()
        self.timeout = timeout

    def stop(self, runs: Iterable[Any]) -> tuple[list[RunRef], list[str]]:
        """End runs that aren't over.

        Returns:
            The runs that are gone, and what is left of the others when the time is up.
        """
        asked = [self._ask(run) for run in runs]
        gone: list[RunRef] = []
        left: list[str] = []
        for record in asked:
            troubles = self._wait(record)
            left += troubles
            gone += [] if troubles else [record.ref]
        return gone, left

    def _ask(self, run: Any) -> RunRecord:
        """Mark a run as stopping, so that no step of it starts any more, then tell Airflow."""
        from airflow_client.client import DAGRunPatchBody

        record = record_of(self.file, run)
        record.mark_stopping("asked by stop")
        self.api.call(
            "DagRunApi",
            "patch_dag_run",
            dag_id=run.dag_id,
            dag_run_id=run.dag_run_id,
            # The class of the states has another name in older clients.
            dag_run_patch_body=DAGRunPatchBody.model_validate(
                {"state": "failed", "note": "Stopped by lolpop."}
            ),
        )
        return record

    def _wait(self, record: RunRecord) -> list[str]:
        """Wait until Airflow has ended a run, processes included; help where it doesn't."""
        over: float | None = None
        while over is None or of_attempts(tokens_of(record)):
            now = time.monotonic()
            if over is None and self._is_over(record.ref):
                over = now
            if now > min(self.began + self.timeout * _SHARE, (over or now) + _LATE):
                break
            time.sleep(_POLL)
        return self._leftovers(record)

    def _is_over(self, ref: RunRef) -> bool:
        word = demanded(self.api, ref.run_id, ref.deployment).state.value
        return word in ("success", "failed") and not any(
            task.state and task.state.value in _ALIVE for task in tasks(self.api, ref)
        )

    def _leftovers(self, record: RunRecord) -> list[str]:
        """End what of a run lives all the same; say what can't be ended."""
        left = end_leftovers(record, self.began + self.timeout)
        run_id = record.ref.run_id
        word = demanded(self.api, run_id, record.ref.deployment).state.value
        over = word in ("success", "failed")
        return left if over else [f"run {run_id}: Airflow says {word}", *left]
