"""What a run printed, as Airflow keeps it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lolpop.contract import LogLine, RunRef
from lolpop.errors import NotFoundError
from lolpop_airflow.connecting import Api
from lolpop_airflow.printed import entries
from lolpop_airflow.runs import demanded, tasks

_POLL = 1.0


def lines(api: Api, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
    """Yield the lines of a run or of one of its steps.

    Raises:
        NotFoundError: There is no such run, or it has no such step.
    """
    seen: Counter[tuple[str, int]] = Counter()
    while True:
        run = demanded(api, ref.run_id, ref.deployment)
        over = run.state.value in ("success", "failed")
        found = sorted(tasks(api, ref), key=_began)
        names = [task.task_display_name for task in found]
        if step is not None and step not in names:
            raise NotFoundError(
                f"run {ref.run_id!r} has no step {step!r}; there is {', '.join(names) or 'none'}"
            )
        for task in found:
            if step in (None, task.task_display_name):
                yield from _new(api, task, seen)
        if over or not follow:
            return
        time.sleep(_POLL)


def _began(task: Any) -> tuple[bool, float]:
    return (task.start_date is None, task.start_date.timestamp() if task.start_date else 0.0)


def _new(api: Api, task: Any, seen: Counter[tuple[str, int]]) -> Iterator[LogLine]:
    for number in range(1, task.try_number + 1):
        said = entries(api, task, number)
        key = (task.task_id, number)
        for entry in said[seen[key] :]:
            yield LogLine(
                text=entry.event,
                time=entry.timestamp,
                step=task.task_display_name,
                attempt=number - 1,
            )
        seen[key] = len(said)
