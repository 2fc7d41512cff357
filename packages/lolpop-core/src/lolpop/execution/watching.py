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

from lolpop.contract import StepState, from_json, to_json
from lolpop.errors import StorageError
from lolpop.execution.admission import admitted
from lolpop.execution.asides import Asides
from lolpop.execution.channel import Answers
from lolpop.execution.fencing import GRACE, fence
from lolpop.execution.lease import Lease
from lolpop.execution.masking import Mask, mask_of
from lolpop.execution.printing import pass_on
from lolpop.execution.processes import (
    VARIABLE,
    adopt_orphans,
    beneath,
    end,
    of_attempts,
    token_of,
)
from lolpop.execution.request import FAILED, Request
from lolpop.execution.session import Session
from lolpop.execution.verdict import Verdict, closing_lines, judge
from lolpop.execution.work import Outcome
from lolpop.package.opening import Opened
from lolpop.package.variables import variables
from lolpop.storage import Store
from lolpop.storage.attempts import Attempt

_TICK = 0.05
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to record an end: what was made is lost without it."""


class Signals:
    """Notes the first signal that asks to stop; engines may send it more than once."""

    def __init__(self) -> None:
        self.first: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note a signal."""
        self.first = self.first or number


@contextmanager
def noted() -> Iterator[Signals]:
    """Note the signals that ask to stop, instead of ending by them."""
    signals = Signals()
    numbers = (signal.SIGTERM, signal.SIGINT)
    kept = {number: signal.signal(number, signals.note) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class Watch:
    """One attempt, from its claim to its closed record.

    Args:
        request: The attempt.
        attempt: Its claimed record.
        mask: What is hidden in what it prints.
        signals: The signals that ask to stop.
    """

    def __init__(self, request: Request, attempt: Attempt, mask: Mask, signals: Signals) -> None:
        self.token = token_of(request.storage, request.ref, request.step, attempt.number)
        self.request = request
        self.attempt = attempt
        self.mask = mask
        self.signals = signals
        self.timed_out: float | None = None
        self._asides = Asides() if request.decorate else None
        self._unlogged = False
        self._unended = False

    def run(self) -> Verdict:
        """Start the working process, pass on what it prints, and wait for its end."""
        try:
            verdict, outcome = self.made()
        except BaseException as error:
            self.attempt.close(StepState.CRASHED, error=f"{type(error).__name__}: {error}")
            raise
        for line in closing_lines(verdict, outcome):
            self.say(line)
        for pause in (*_PAUSES, None):
            try:
                self.close(verdict, outcome)
                break
            except StorageError:
                if pause is None:
                    raise
                time.sleep(pause)
        return verdict

    def close(self, verdict: Verdict, outcome: Outcome | None) -> None:
        """Record how the attempt ended."""
        self.attempt.close(
            verdict.state,
            error=verdict.error,
            exit_code=verdict.child_code,
            output=outcome.output if outcome else None,
            inputs=outcome.inputs if outcome else None,
        )

    def made(self) -> tuple[Verdict, Outcome | None]:
        """Make the attempt; leave nothing of it behind."""
        reading, writing = os.pipe()
        answers = Answers(reading)
        with Lease(self.attempt):
            child = self.start(writing)
            os.close(writing)
            pump = self.pump(child)
            outcome = self.wait(child, answers)
            self.end_leftovers()
            pump.join(timeout=GRACE)
            if self._asides is not None:
                self.keep(1, self._asides.close())
        answers.close()
        step, code, stopped = self.request.step, child.returncode, self.signals.first
        return judge(step, outcome, code, self.timed_out, stopped), outcome

    def start(self, answers: int) -> subprocess.Popen[bytes]:
        """Start the process that does the work, and give it its order."""
        with_parent = f"--with-parent={os.getpid()}"
        serve = ["-m", "lolpop.execution", "serve", str(answers), with_parent]
        child = subprocess.Popen(
            [sys.executable, "-P", *serve],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(answers,),
            env={**os.environ, VARIABLE: self.token, "PYTHONHASHSEED": "0"},
        )
        order = {"request": to_json(self.request), "token": self.token, "log": None}
        assert child.stdin
        try:
            with child.stdin as orders:
                orders.write(json.dumps(order).encode() + b"\n")
        except BrokenPipeError:
            pass  # it died just now: the missing answer says so
        return child

    def pump(self, child: subprocess.Popen[bytes]) -> threading.Thread:
        """Pass what a process prints on to the engine and into the record's log."""
        assert child.stdout
        assert child.stderr
        streams = {1: child.stdout, 2: child.stderr}
        arguments = (streams, self.mask, self.part)
        thread = threading.Thread(target=pass_on, args=arguments, daemon=True)
        thread.start()
        return thread

    def wait(self, child: subprocess.Popen[bytes], answers: Answers) -> Outcome | None:
        """Wait for the working process; end it when it is late or asked to stop."""
        limit = self.request.timeout
        deadline = None if limit is None else time.monotonic() + limit
        said = None
        while child.poll() is None:
            said = said or answers.line(_TICK)
            if said is not None:
                self.wait_a_moment(child)
            if deadline is not None and time.monotonic() > deadline:
                self.timed_out = limit
            if self.signals.first is not None or self.timed_out is not None:
                end(of_attempts([self.token], [child.pid]), GRACE)
                child.wait()
        said = said or answers.line(0)
        return from_json(Outcome, json.loads(said)) if said else None

    def wait_a_moment(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for the end of a process that has said everything."""
        try:
            child.wait(timeout=_TICK)
        except subprocess.TimeoutExpired:
            return

    def end_leftovers(self) -> None:
        """End what the step left behind: what isn't returned doesn't survive."""
        left = {
            process.pid: process for process in [*of_attempts([self.token]), *beneath(os.getpid())]
        }
        if left:
            end(left.values(), GRACE)
            self.say(f"lolpop: ended processes that {self.request.step} left behind: {len(left)}")

    def say(self, text: str) -> None:
        """Add a line to the log and to standard error, after a line that wasn't ended."""
        start = "\n" if self._unended else ""
        self.keep(2, f"{start}{text}\n".encode("utf-8", "backslashreplace"))

    def part(self, target: int, data: bytes) -> None:
        """Keep what a process printed, but for what it says to the engine alone."""
        if self._asides is None or target != 1:
            return self.keep(target, data)
        engine, record = self._asides.feed(data)
        _write(target, engine)
        return self.log(record)

    def keep(self, target: int, data: bytes) -> None:
        """Write to the record's log and to the engine; neither one's trouble ends the step."""
        _write(target, data)
        self.log(data)

    def log(self, data: bytes) -> None:
        """Write to the record's log, or say once that it can't be kept."""
        self._unended = not data.endswith(b"\n") if data else self._unended
        try:
            self.attempt.append_log(data)
        except (OSError, StorageError) as error:
            if not self._unlogged:
                _write(2, f"lolpop: the log can't be kept: {error}\n".encode())
            self._unlogged = True


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
        LolpopError: It is refused; nothing was recorded of it.
    """
    adopt_orphans()
    begun = False
    with noted() as signals:
        try:
            session, opened = admitted(request)
            begun = True
            return _made(request, session, opened, signals)
        except StorageError as error:
            if not begun and Store(request.storage).is_local:
                raise
            # Another attempt may find the storage as it should be.
            said = f"{type(error).__name__}: {error.message}\n"
            _write(2, said.encode("utf-8", "backslashreplace"))
            return FAILED


def _made(request: Request, session: Session, opened: Opened, signals: Signals) -> int:
    parameters = {**request.parameters, **session.run.parameters}
    mask = mask_of(variables(opened.config.read_bytes()), os.environ, parameters)
    attempt = session.run.claim(request.step, request.engine_attempt)
    watch = Watch(request, attempt, mask, signals)
    if fenced := fence(session.run, request.step, attempt):
        watch.say(f"lolpop: ended {fenced} process(es) of older attempts of {request.step}")
    return watch.run().code
