"""What runs print: read from the records, followed while they grow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from lolpop.contract import Capability, LogLine, RunState
from lolpop.deploying.engine import Engine
from lolpop.deploying.standing import History
from lolpop.deploying.watching import Seen, status
from lolpop.errors import NotFoundError
from lolpop.storage.attempts import Attempt
from lolpop.storage.records import RunRecord, Runs

_POLL = 0.2


@dataclass(slots=True)
class _Reader:
    """Reads the logs of a run's attempts, each from where it stopped."""

    record: RunRecord
    step: str | None
    read: dict[tuple[str, int], int] = field(default_factory=dict)
    halves: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def lines(self, final: bool) -> Iterator[LogLine]:
        """Yield the lines that came since the last call; unfinished ones only at the end."""
        for found in self.record.steps():
            if self.step in (None, found.name):
                for attempt in self.record.attempts(found.name):
                    yield from self._of(found.name, attempt, final)

    def _of(self, step: str, attempt: Attempt, final: bool) -> Iterator[LogLine]:
        key = (step, attempt.number)
        data = attempt.read_log(self.read.get(key, 0))
        self.read[key] = self.read.get(key, 0) + len(data)
        *whole, rest = (self.halves.pop(key, b"") + data).split(b"\n")
        if final and rest:
            whole.append(rest)
        elif rest:
            self.halves[key] = rest
        for line in whole:
            text = line.decode("utf-8", "replace").rstrip("\r")
            yield LogLine(step=step, attempt=attempt.number, text=text)


def logs(used: Engine, seen: Seen, step: str | None, follow: bool = False) -> Iterator[LogLine]:
    """Give what the steps of a run printed, in the order in which they started.

    Before a step has started, and where the engine keeps logs, the engine's are given.

    Args:
        used: The orchestrator.
        seen: The run.
        step: One step, or None for all.
        follow: Whether to wait for further lines until the run is over.

    Raises:
        NotFoundError: The run has no such step, or it hasn't started.
    """
    record = seen.record or Runs(used.store).look(seen.run.ref)
    while follow and record is None and not _over(used, seen):
        time.sleep(_POLL)
        record = Runs(used.store).look(seen.run.ref)
    if record is None or (not record.steps() and not follow):
        yield from _engine_lines(used, seen, step)
        return
    _refuse_unknown(used, record, step, follow)
    reader = _Reader(record, step)
    while follow and not _over(used, seen):
        yield from reader.lines(final=False)
        time.sleep(_POLL)
    yield from reader.lines(final=True)


def _over(used: Engine, seen: Seen) -> bool:
    """Whether nothing is printed any more."""
    run = status(used, seen).run
    return run.state.is_over or run.state is RunState.UNKNOWN


def _engine_lines(used: Engine, seen: Seen, step: str | None) -> Iterator[LogLine]:
    keeps = Capability.ENGINE_LOGS in used.lifecycle.orchestrator.capabilities
    if keeps and seen.note is None:
        lines: Iterator[LogLine] = used.lifecycle.call(
            "logs", ref=seen.run.ref, step=step, follow=False
        )
        yield from lines


def _refuse_unknown(used: Engine, record: RunRecord, step: str | None, follow: bool) -> None:
    started = [found.name for found in record.steps()]
    graph = History(used.store).graph(record) if follow else None
    known = [*started, *(each.name for each in (graph.steps if graph else ()))]
    if step is not None and step not in known:
        raise NotFoundError(
            f"step {step!r} hasn't started in run {record.ref.run_id!r};"
            f" started: {', '.join(started) or 'none'}"
        )
