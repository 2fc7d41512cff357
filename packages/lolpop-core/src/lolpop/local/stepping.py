"""Make the steps of a run, in the order that its graph allows."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import count

from lolpop.contract import Order, RunState, StepState
from lolpop.execution.request import FATAL, REFUSED, Request
from lolpop.execution.session import open_session
from lolpop.local.making import Making
from lolpop.local.rows import End, Row
from lolpop.local.walk import Walk
from lolpop.local.workers import Workers, waiting
from lolpop.package.opening import read_manifest


class Stepping:
    """Makes the steps of one run.

    Args:
        row: The run.
        workers: The processes that do it.
        stopped_by: Gives the signal that asked the run to stop, or None.

    Raises:
        StorageError: The storage can't be reached.
    """

    def __init__(self, row: Row, workers: Workers, stopped_by: Callable[[], int | None]) -> None:
        self.row = row
        self.stopped_by = stopped_by
        self.request = Request(
            storage=row.spec.storage,
            package=row.package,
            ref=row.ref,
            step="",
            parameters=row.parameters,
        )
        self.session = open_session(self.request)
        self.making = Making(self.session.run, workers, stopped_by)

    @property
    def going(self) -> bool:
        """Whether no signal asked to stop."""
        return self.stopped_by() is None

    def run(self) -> End:
        """Make the steps; say how the run ended."""
        walk = self.walked()
        if walk.complete:
            return End(RunState.SUCCEEDED)
        if not self.going or self.session.run.stopping or walk.failure is None:
            return End(RunState.CANCELLED)
        return End(RunState.FAILED, *walk.failure)

    def walked(self) -> Walk:
        """Make every step that can be made; independent ones at once, if the order allows."""
        graph = read_manifest(self.session.store, self.session.run.package_digest).graph
        walk = Walk(graph)
        width = 1 if graph.order is Order.PROGRAM else max(2, os.cpu_count() or 1)
        with ThreadPoolExecutor(width, thread_name_prefix="step") as pool:
            futures: dict[Future[str | None], str] = {}
            while True:
                while self.going and (name := walk.take()):
                    futures[pool.submit(self.step, name)] = name
                if not futures:
                    return walk
                for future in wait(futures, return_when=FIRST_COMPLETED).done:
                    walk.end(futures.pop(future), future.result())

    def step(self, name: str) -> str | None:
        """Make a step's attempts until one succeeds or none is left; give the last error."""
        settings = self.row.spec.settings(name)
        request = replace(self.request, step=name, timeout=settings.timeout)
        error = "StepStopped: the run is being stopped"
        for number in count():
            if not self.going or self.session.run.stopping:
                break
            verdict = self.making.attempt(replace(request, engine_attempt=number))
            if verdict.state is StepState.SUCCEEDED:
                return None
            error = verdict.error or error
            if verdict.code in (FATAL, REFUSED) or number >= settings.retries:
                break
            if not waiting(settings.retry_delay, lambda: self.going):
                break
        return error
