"""The process that drives one run: `python -m lolpop.local.supervisor INDEX RUN`."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from lolpop.contract import RunState, StepState
from lolpop.local.driving import close_attempts, noticed, record_of
from lolpop.local.index import Index
from lolpop.local.rows import End, Row
from lolpop.local.stepping import Stepping
from lolpop.local.workers import Workers
from lolpop.storage import Store

_POLL = 0.2


class Supervisor:
    """Drives one run from its queue to its end.

    Args:
        index: The index that has the run.
        row: The run.
        fresh: Whether every step gets a process of its own.
    """

    def __init__(self, index: Index, row: Row, fresh: bool = False) -> None:
        self.index = index
        self.row = row
        self.stopped_by: int | None = None
        self.store = Store(row.spec.storage)
        self.workers = Workers(row.spec.interpreter, fresh)

    def run(self) -> None:
        """Wait for the run's turn, make its steps, and note how it ended."""
        end = End(RunState.CANCELLED)
        try:
            if self.index.drive(self.row.id, os.getpid()) and self.has_turn():
                end = self.made()
        except Exception as problem:
            end = End(RunState.CRASHED, error=f"{type(problem).__name__}: {problem}")
            raise
        finally:
            self.workers.close()
            self.close(end)

    def close(self, end: End) -> None:
        """Note how the run ended: in its record first, which is the truth."""
        record = record_of(self.store, self.row)
        assert record is not None
        if end.state is RunState.CRASHED:
            close_attempts(record, StepState.CRASHED)
        record.end(end.state, error=end.words)
        self.index.end(self.row.id, end.state, end.error, end.step)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note a signal that asks to stop."""
        self.stopped_by = self.stopped_by or number

    def has_turn(self) -> bool:
        """Wait until the run may start; False if nobody wants it any more."""
        while self.stopped_by is None:
            state = self.index.take_turn(self.row)
            if state is not RunState.QUEUED:
                return state is RunState.RUNNING
            record_of(self.store, self.row)  # whoever reads records alone sees it waiting
            self.notice_the_dead()
            time.sleep(_POLL)
        return False

    def notice_the_dead(self) -> None:
        """Take runs out of the queue whose supervisors died: nobody waits for them."""
        for row in self.index.runs(self.row.deployment, active=True):
            noticed(self.index, self.store, row)

    def made(self) -> End:
        """Make the run's steps; say how it ended."""
        if not self.workers.fresh:
            # The first step's process starts while the run is prepared.
            self.workers.give_back(self.workers.take())
        return Stepping(self.row, self.workers, lambda: self.stopped_by).run()


def main() -> None:
    """Drive the run that the arguments name."""
    index = Index(Path(sys.argv[1]))
    row = index.run(sys.argv[2])
    if row is None:
        sys.exit(f"no run {sys.argv[2]!r} in {sys.argv[1]}")
    if row.damage:
        sys.exit(f"run {row.id}: {row.damage}")
    supervisor = Supervisor(index, row, fresh="--fresh" in sys.argv[3:])
    signal.signal(signal.SIGTERM, supervisor.note)
    signal.signal(signal.SIGINT, supervisor.note)
    supervisor.run()


if __name__ == "__main__":
    main()
