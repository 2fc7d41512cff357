"""End runs, verified: Dagster is asked, and the processes are looked at."""

from __future__ import annotations

import time
from collections.abc import Iterable

from lolpop.contract import RunRef
from lolpop.errors import EngineError, NotFoundError
from lolpop.execution.leftovers import end_leftovers
from lolpop.storage.records import RunRecord
from lolpop_dagster.api import Api, said
from lolpop_dagster.jobfile import JobFile
from lolpop_dagster.runs import Found, demanded, record, told

_POLL = 0.3
_SETTLING = 1.0
"""Seconds in which a run that was cancelled in the queue starts all the same, if it does."""

_SHARE = 0.5
_PATIENCE = 30.0
"""Seconds for Dagster to end a run: after that it is marked as ended, and its processes are."""

_TERMINATE = """
mutation Terminate($run: String!, $policy: TerminateRunPolicy!) {
  terminateRun(runId: $run, terminatePolicy: $policy) {
    __typename
    ... on TerminateRunFailure { message }
    ... on UnauthorizedError { message }
    ... on PythonError { message errorChain { error { message } } }
  }
}
"""
_FAILURE, _BROKEN = "TerminateRunFailure", "PythonError"
_PERMISSION = "permission"
"""The word in the message of a failure that a read-only webserver gives."""

_SAFE, _AT_ONCE = "SAFE_TERMINATE", "MARK_AS_CANCELED_IMMEDIATELY"


class Stopping:
    """Ends runs of one deployment.

    Args:
        api: The webserver.
        file: The deployment's file.
        timeout: Seconds until all must be gone.
    """

    def __init__(self, api: Api, file: JobFile, timeout: float) -> None:
        self.api = api
        self.file = file
        self.began = time.monotonic()
        self.timeout = timeout
        self.patience = min(_PATIENCE, timeout * _SHARE)

    def stop(self, runs: Iterable[Found]) -> tuple[list[RunRef], list[str]]:
        """End runs that aren't over.

        Returns:
            The runs that are gone, and what is left of the others when the time is up.

        Raises:
            EngineError: Dagster refuses to end one.
        """
        found = [*runs]
        asked = [self._ask(run) for run in found]
        left = {each.ref: self._wait(each) for each in asked}
        queued = {run["runId"] for run in found if run["status"] == "QUEUED"}
        if queued:
            time.sleep(_SETTLING)
            left |= {each.ref: self._again(each) for each in asked if each.ref.run_id in queued}
        gone = [ref for ref, troubles in left.items() if not troubles]
        return gone, [trouble for troubles in left.values() for trouble in troubles]

    def _again(self, made: RunRecord) -> list[str]:
        """Look again at a run: the daemon may have been taking it from the queue just then."""
        if not self._is_over(made.ref):
            self._terminate(made.ref, _SAFE)
        return self._wait(made)

    def _ask(self, run: Found) -> RunRecord:
        """Mark a run as stopping, so that no step of it starts any more, then tell Dagster."""
        made = record(self.file, run, {})
        made.mark_stopping("asked by stop")
        if not self._terminate(made.ref, _SAFE):
            self._terminate(made.ref, _AT_ONCE)
        return made

    def _terminate(self, ref: RunRef, policy: str) -> bool:
        """Tell Dagster to end a run; False if it can't reach what runs it.

        Raises:
            EngineError: It refuses, or can't even mark the run as ended.
        """
        answer = self.api.ask(_TERMINATE, run=ref.run_id, policy=policy)["terminateRun"]
        word, message = answer["__typename"], answer.get("message") or ""
        refused = word == "UnauthorizedError" or (word == _FAILURE and _PERMISSION in message)
        if refused or (word == _BROKEN and policy == _AT_ONCE):
            raise EngineError(
                f"Dagster at {self.api.url!r} refuses to end run {ref.run_id!r}: {said(answer)}",
                hint="name a webserver under `url` that may: one with --read-only ends nothing",
            )
        # A failure says little else: the run may just have ended. Its state is looked at.
        return bool(word != _BROKEN)

    def _wait(self, made: RunRecord) -> list[str]:
        forced = False
        while not self._is_over(made.ref):
            now = time.monotonic()
            if now > self.began + self.timeout:
                return [f"run {made.ref.run_id}: Dagster says {self._word(made.ref)}"]
            if not forced and now > self.began + self.patience:
                self._terminate(made.ref, _AT_ONCE)
                forced = True
            time.sleep(_POLL)
        return end_leftovers(made, self.began + self.timeout)

    def _is_over(self, ref: RunRef) -> bool:
        try:
            found = demanded(self.api, ref.run_id, ref.deployment)
        except NotFoundError:
            return True  # somebody has deleted it meanwhile
        return told(self.api, found, ref.deployment).state.is_over

    def _word(self, ref: RunRef) -> str:
        return str(demanded(self.api, ref.run_id, ref.deployment)["status"])
