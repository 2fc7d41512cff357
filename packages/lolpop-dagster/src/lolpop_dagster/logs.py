"""What a run printed, as Dagster keeps it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from lolpop.contract import LogLine, RunRef
from lolpop.errors import NotFoundError
from lolpop_dagster.api import Api
from lolpop_dagster.events import Events, time_of
from lolpop_dagster.runs import Found, demanded, keys, told

_POLL = 0.5


def lines(api: Api, ref: RunRef, storage: str, step: str | None, follow: bool) -> Iterator[LogLine]:
    """Yield the lines of a run or of one of its steps.

    Raises:
        NotFoundError: There is no such run, or it has no such step.
    """
    run = demanded(api, ref.run_id, ref.deployment)
    names = keys(run, storage)
    events = Events(api, ref.run_id)
    if step is not None and not follow:
        _refuse_unstarted(run, names, step)
    while True:
        # Asked before the events are: those of a run that is over are complete.
        run = demanded(api, ref.run_id, ref.deployment)
        for event in events.new():
            name = names.get(event.get("stepKey") or "", event.get("stepKey"))
            if event["__typename"] == "LogMessageEvent" and step in (None, name):
                for text in event["message"].split("\n"):
                    yield LogLine(text=text, time=time_of(event), step=name)
        if not follow or told(api, run, ref.deployment).state.is_over:
            return
        time.sleep(_POLL)


def _refuse_unstarted(run: Found, names: Mapping[str, str], step: str) -> None:
    started = [names.get(each["stepKey"], each["stepKey"]) for each in run["stepStats"]]
    if step not in started:
        raise NotFoundError(
            f"step {step!r} hasn't started in run {run['runId']!r};"
            f" started: {', '.join(started) or 'none'}"
        )
