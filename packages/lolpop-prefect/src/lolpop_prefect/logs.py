"""What a run printed, as Prefect keeps it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from lolpop.contract import LogLine, RunRef
from lolpop.errors import NotFoundError
from lolpop_prefect import filters, paging
from lolpop_prefect.runs import known, state_of, tasks_of

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import Log

_POLL = 0.5
_LATE = 3.0
"""Seconds after the end of a run until its log is complete."""

_SENT_LATE = timedelta(seconds=30)
"""How much older than others a line may be that arrives after them."""


def lines(
    client: SyncPrefectClient, ref: RunRef, step: str | None, follow: bool
) -> Iterator[LogLine]:
    """Yield the lines of a run or of one of its steps.

    Raises:
        NotFoundError: There is no such run, or it has no such step.
    """
    run = known(client, ref.run_id, ref.deployment)
    seen: dict[UUID, datetime] = {}
    ended: float | None = None
    while True:
        names = {task.id: name for name, task in tasks_of(client, run.id).items()}
        if step is not None and not follow and step not in names.values():
            started = ", ".join(names.values()) or "none"
            raise NotFoundError(
                f"step {step!r} hasn't started in run {ref.run_id!r}; started: {started}"
            )
        yield from _new(client, run.id, names, step, seen)
        over = state_of(known(client, ref.run_id, ref.deployment)).is_over
        ended = ended or (time.monotonic() if over else None)
        if not follow or (ended is not None and time.monotonic() > ended + _LATE):
            return
        time.sleep(_POLL)


def _new(
    client: SyncPrefectClient,
    run_id: UUID,
    names: dict[UUID, str],
    step: str | None,
    seen: dict[UUID, datetime],
) -> Iterator[LogLine]:
    for entry in every(client, run_id, max(seen.values(), default=None)):
        name = names.get(entry.task_run_id) if entry.task_run_id else None
        if entry.id not in seen and step in (None, name):
            yield LogLine(text=entry.message, time=entry.timestamp, step=name)
        seen[entry.id] = entry.timestamp


def every(client: SyncPrefectClient, run_id: UUID, since: datetime | None = None) -> Iterator[Log]:
    """Yield what Prefect has of a run's log so far, oldest first.

    Args:
        client: The API.
        run_id: The run.
        since: The newest time that is known: what was sent late is given once more with the rest.
    """
    from prefect.client.schemas.sorting import LogSort

    asked = filters.log(run_id, since - _SENT_LATE if since else None)
    return paging.every(client.read_logs, log_filter=asked, sort=LogSort.TIMESTAMP_ASC)
