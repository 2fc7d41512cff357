"""Make one attempt of a step in a warm process, and close its record truthfully."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from lolpop.execution.lease import Lease
from lolpop.execution.masking import mask_of, masked
from lolpop.execution.processes import token_of
from lolpop.execution.request import Request
from lolpop.execution.session import Session
from lolpop.execution.verdict import Verdict, closing_lines, judge
from lolpop.execution.work import Outcome
from lolpop.local.workers import Worker, Workers
from lolpop.package.opening import read_config
from lolpop.package.variables import variables
from lolpop.storage import Store
from lolpop.storage.attempts import Attempt
from lolpop.storage.records import RunRecord


class Making:
    """Makes the attempts of a run.

    Args:
        run: The run's record.
        workers: The processes that do it.
        stopped_by: Gives the signal that asked the run to stop, or None.
    """

    def __init__(
        self, run: RunRecord, workers: Workers, stopped_by: Callable[[], int | None]
    ) -> None:
        self.run = run
        self.workers = workers
        self.stopped_by = stopped_by

    def attempt(self, request: Request) -> Verdict:
        """Make one attempt."""
        attempt = self.run.claim(request.step, request.engine_attempt)
        worker = self.workers.take()
        with Lease(attempt):
            verdict = self.served(worker, request, attempt)
        self.workers.give_back(worker)
        return verdict

    def served(self, worker: Worker, request: Request, attempt: Attempt) -> Verdict:
        """Let a process make an attempt, and close its record."""
        deadline = None if request.timeout is None else time.monotonic() + request.timeout
        token = token_of(request.storage, request.ref, request.step, attempt.number)
        names = variables_of(request.storage, self.run.package_digest)
        mask = mask_of(names, os.environ, {**request.parameters, **self.run.parameters})
        with self.log_of(attempt) as log, masked(log, mask) as log:
            outcome, code = self.ordered(worker, request, token, log, deadline)
        late = deadline is not None and time.monotonic() >= deadline
        timed_out = request.timeout if outcome is None and late else None
        verdict = judge(request.step, outcome, code, timed_out, self.stopped_by())
        for line in closing_lines(verdict, outcome):
            start = "\n" if attempt.has_unended_line else ""
            attempt.append_log(f"{start}{line}\n".encode("utf-8", "backslashreplace"))
        attempt.close(
            verdict.state,
            error=verdict.error,
            exit_code=verdict.child_code,
            output=outcome.output if outcome else None,
            inputs=outcome.inputs if outcome else None,
            # Waiting for the disk would double the price of a small step, and gain nothing: no
            # run goes on after a crash of this host. Its end makes all attempts durable.
            durable=False,
        )
        return verdict

    def ordered(
        self, worker: Worker, request: Request, token: str, log: Path, deadline: float | None
    ) -> tuple[Outcome | None, int | None]:
        """Let a process make an attempt; end it if it takes too long or nobody wants it."""
        session = Session(Store(request.storage), self.run)
        worker.order(request, token, log, worker.folder_in(session))
        outcome = worker.answer(
            lambda: self.stopped_by() is None and (deadline is None or time.monotonic() < deadline)
        )
        if outcome is None:
            return None, worker.kill(token)
        if not outcome.alone:
            worker.end_leftovers(token)
        return outcome, 0

    @contextmanager
    def log_of(self, attempt: Attempt) -> Iterator[Path]:
        """Give the file that an attempt prints to; a storage elsewhere gets it at the end."""
        if attempt.log_path is not None:
            yield attempt.log_path
            return
        with TemporaryDirectory(prefix="lolpop-log-") as folder:
            file = Path(folder, "log")
            file.touch()
            yield file
            attempt.append_log(file.read_bytes())


@lru_cache(maxsize=8)
def variables_of(storage: str, package: str) -> frozenset[str]:
    """Name the variables that a package's workflow reads."""
    return variables(read_config(Store(storage), package))
