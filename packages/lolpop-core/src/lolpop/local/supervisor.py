"""The process that drives one run: `python -m lolpop.local.supervisor INDEX RUN`."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import FrameType

from lolpop.contract import Order, RunRef, RunState, StepState
from lolpop.execution.request import FATAL, REFUSED, Request
from lolpop.execution.session import Session, open_session
from lolpop.local.index import Index, Row
from lolpop.local.making import Making
from lolpop.local.walk import Walk
from lolpop.local.workers import Workers, waiting
from lolpop.package.opening import read_manifest

NAME = "LocalOrchestrator"
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
        self.request = Request(
            storage=row.spec.storage,
            package=row.package,
            ref=RunRef(NAME, row.deployment, row.id),
            step="",
            parameters={**row.spec.parameters, **row.parameters},
        )
        self.workers = Workers(row.spec.interpreter, fresh)

    def run(self) -> None:
        """Wait for the run's turn, make its steps, and note how it ended."""
        signal.signal(signal.SIGTERM, self.note)
        signal.signal(signal.SIGINT, self.note)
        session = open_session(self.request)
        try:
            error = None
            if self.waited():
                walk = self.walk(session)
                error = ": ".join(walk.verdict) if walk.verdict else None
            state = self.state(session, error)
        except Exception as problem:
            state, error = RunState.CRASHED, f"{type(problem).__name__}: {problem}"
            raise
        finally:
            self.workers.close()
            session.run.end(state, error=error)
            self.index.end(self.row.id, state, error)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note a signal that asks to stop."""
        self.stopped_by = self.stopped_by or number

    @property
    def going(self) -> bool:
        """Whether nobody asked to stop."""
        return self.stopped_by is None

    def state(self, session: Session, error: str | None) -> RunState:
        """Say how the run ended."""
        if not self.going or session.run.stopping:
            return RunState.CANCELLED
        return RunState.FAILED if error else RunState.SUCCEEDED

    def waited(self) -> bool:
        """Wait until fewer runs than the limit are active; False if asked to stop before."""
        while self.going:
            if self.index.take_turn(self.row.id, self.row.spec.concurrency):
                return True
            time.sleep(_POLL)
        return False

    def walk(self, session: Session) -> Walk:
        """Make the steps in the order that the graph allows."""
        graph = read_manifest(session.store, session.run.package_digest).graph
        walk = Walk(graph, dict(self.row.spec.steps))
        width = 1 if graph.order is Order.PROGRAM else max(2, os.cpu_count() or 1)
        with ThreadPoolExecutor(width, thread_name_prefix="step") as pool:
            futures: dict[Future[tuple[bool, str | None]], str] = {}
            while not walk.over:
                for name in walk.ready() if self.going else ():
                    walk.start(name)
                    futures[pool.submit(self.step, name, walk, session)] = name
                if not futures:
                    break
                for future in wait(futures, return_when=FIRST_COMPLETED).done:
                    name = futures.pop(future)
                    succeeded, error = future.result()
                    walk.end(name, succeeded, error)
        return walk

    def step(self, name: str, walk: Walk, session: Session) -> tuple[bool, str | None]:
        """Make a step's attempts until one succeeds or none is left."""
        making = Making(session.run, self.workers, lambda: self.stopped_by)
        settings = self.row.spec.settings(name)
        request = replace(self.request, step=name, timeout=settings.timeout)
        number = 0
        while True:
            verdict = making.attempt(replace(request, engine_attempt=number))
            if verdict.state is StepState.SUCCEEDED:
                return True, None
            final = verdict.code in (FATAL, REFUSED) or not self.going
            delay = None if final else walk.delay(name, number)
            if delay is None or not waiting(delay, lambda: self.going):
                return False, verdict.error
            number += 1


def main() -> None:
    """Drive the run that the arguments name."""
    index = Index(Path(sys.argv[1]))
    row = index.run(sys.argv[2])
    if row is None:
        sys.exit(f"no run {sys.argv[2]!r} in {sys.argv[1]}")
    Supervisor(index, row, fresh="--fresh" in sys.argv[3:]).run()


if __name__ == "__main__":
    main()
