"""The events of a run, as Dagster keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lolpop_dagster.api import Api

_PAGE = 1000
_EVENTS = """
query Events($run: ID!, $cursor: String, $limit: Int) {
  logsForRun(runId: $run, afterCursor: $cursor, limit: $limit) {
    __typename ... on EventConnection { cursor hasMore events {
      __typename
      ... on MessageEvent { message timestamp stepKey }
      ... on ExecutionStepFailureEvent {
        failureMetadata { description }
        error { message errorChain { error { message } } }
      }
      ... on RunFailureEvent { error { message errorChain { error { message } } } }
    } }
    ... on PythonError { message }
  }
}
"""


class Events:
    """The events of one run, each given once.

    Args:
        api: The webserver.
        run_id: The run.
    """

    def __init__(self, api: Api, run_id: str) -> None:
        self._api = api
        self._run_id = run_id
        self._cursor: str | None = None

    def new(self) -> Iterator[dict[str, Any]]:
        """Yield what has come since the last time."""
        more = True
        while more:
            found = self._api.one(
                _EVENTS, "EventConnection", run=self._run_id, cursor=self._cursor, limit=_PAGE
            )
            yield from found["events"]
            self._cursor, more = found["cursor"], found["hasMore"]


def time_of(event: dict[str, Any]) -> datetime:
    """Give the time of an event."""
    return datetime.fromtimestamp(float(event["timestamp"]) / 1000, UTC)
