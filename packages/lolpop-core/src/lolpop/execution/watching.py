"""The step command's own process: it starts the one that works, and tells the truth about it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, BinaryIO

from lolpop.contract import from_json, to_json
from lolpop.errors import UnsupportedError
from lolpop.execution.lease import Lease
from lolpop.execution.processes import VARIABLE, end, of_attempts, token_of
from lolpop.execution.request import Request
from lolpop.execution.session import open_session
from lolpop.execution.verdict import Verdict, judge
from lolpop.execution.work import Outcome
from lolpop.storage.attempts import Attempt

GRACE = 5.0


class Watch:
    """One attempt, from its claim to its closed record.

    Args:
        request: The attempt.
        attempt: Its claimed record.
    """

    def __init__(self, request: Request, attempt: Attempt) -> None:
        self.token = token_of(request.ref, request.step, attempt.number)
        self.request = request
        self.attempt = attempt
        self.stopped_by: int | None = None
        self.timed_out: float | None = None

    def run(self) -> Verdict:
        """Start the working process, pass on what it prints, and wait for its end."""
        reading, writing = os.pipe()
        child = self.start(writing)
        os.close(writing)
        with self.forwarding(), Lease(self.attempt), os.fdopen(reading, "rb") as answers:
            pumps = [self.pump(child.stdout, 1), self.pump(child.stderr, 2)]
            self.wait(child)
            said = answers.read()
            for pump in pumps:
                pump.join(timeout=GRACE)
        self.end_leftovers(child.pid)
        outcome = from_json(Outcome, json.loads(said)) if said.strip() else None
        verdict = judge(
            self.request.step, outcome, child.returncode, self.timed_out, self.stopped_by
        )
        self.close(verdict, outcome)
        return verdict

    def start(self, answers: int) -> subprocess.Popen[bytes]:
        """Start the process that does the work, and give it its order."""
        safe = ["-P"] if sys.version_info >= (3, 11) else []
        environment = {**os.environ, VARIABLE: self.token, "PYTHONHASHSEED": "0"}
        child = subprocess.Popen(
            [sys.executable, *safe, "-m", "lolpop.execution", "serve", str(answers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(answers,),
            env=environment,
        )
        order = {"request": to_json(self.request), "token": self.token, "log": None}
        assert child.stdin
        with child.stdin as orders:
            orders.write(json.dumps(order).encode() + b"\n")
        return child

    def pump(self, source: IO[bytes] | None, target: int) -> threading.Thread:
        """Pass a stream on to the engine and into the record's log."""
        assert source is not None
        thread = threading.Thread(target=self.copy, args=(source, target), daemon=True)
        thread.start()
        return thread

    def copy(self, source: BinaryIO, target: int) -> None:
        """Copy a stream to the engine and into the record's log, as it comes."""
        while data := os.read(source.fileno(), 65536):
            self.attempt.append_log(data)
            _write(target, data)

    @contextmanager
    def forwarding(self) -> Iterator[None]:
        """Note a signal that asks to stop; engines may send it more than once."""

        def note(number: int, frame: FrameType | None) -> None:
            self.stopped_by = self.stopped_by or number

        kept = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def wait(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for the working process; end it when it is late or asked to stop."""
        limit = self.request.timeout
        deadline = None if limit is None else time.monotonic() + limit
        while child.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                self.timed_out = limit
            if self.stopped_by is not None or self.timed_out is not None:
                end(of_attempts([self.token], [child.pid]), GRACE)
                child.wait()
                return
            try:
                child.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue

    def end_leftovers(self, pid: int) -> None:
        """End what the step left behind: what isn't returned doesn't survive."""
        left = of_attempts([self.token])
        if left:
            end(left, GRACE)
            self.say(f"lolpop: ended {len(left)} process(es) that {self.request.step} left behind")

    def close(self, verdict: Verdict, outcome: Outcome | None) -> None:
        """Close the record, and repeat the error as the last line."""
        if verdict.error:
            self.say(verdict.error)
        self.attempt.close(
            verdict.state,
            error=verdict.error,
            exit_code=verdict.child_code,
            output=outcome.output if outcome else None,
        )

    def say(self, text: str) -> None:
        """Add a line to the log and to standard error."""
        data = f"{text}\n".encode()
        self.attempt.append_log(data)
        _write(2, data)


def _write(target: int, data: bytes) -> None:
    """Pass output on; an engine that doesn't listen any more must not end the step."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(target, view) :]
    except OSError:
        return


def run(request: Request) -> int:
    """Make one attempt; give the exit code for the engine.

    Raises:
        StorageError: The storage can't be reached.
        UnsupportedError: The run is being stopped, so nothing is started in it any more.
    """
    session = open_session(request)
    if session.run.stopping:
        raise UnsupportedError(f"run {request.ref.run_id!r} is being stopped: nothing is started")
    attempt = session.run.claim(request.step, request.engine_attempt)
    return Watch(request, attempt).run().code
