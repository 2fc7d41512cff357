"""Warm processes that make attempts, one at a time each; one that dies is replaced."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from uuid import uuid4

from lolpop.contract import from_json, to_json
from lolpop.errors import PackageError
from lolpop.execution.channel import Answers
from lolpop.execution.processes import VARIABLE, WORKER, beneath, end, of_attempts
from lolpop.execution.request import Request
from lolpop.execution.session import Session
from lolpop.execution.work import Outcome
from lolpop.local.folders import Folders

GRACE = 5.0
_TICK = 0.2


class Worker:
    """One process that serves attempts.

    Args:
        interpreter: The Python that the deployment's steps run in.
    """

    def __init__(self, interpreter: str) -> None:
        answers, writing = os.pipe()
        command = [interpreter, "-P", "-m", "lolpop.execution", "serve", str(writing)]
        environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
        self.name = uuid4().hex
        self.process = subprocess.Popen(
            [*command, f"--with-parent={os.getpid()}"],
            stdin=subprocess.PIPE,
            pass_fds=(writing,),
            env={**environment, WORKER: self.name, "PYTHONHASHSEED": "0"},
        )
        os.close(writing)
        self.answers = Answers(answers)
        self.folders: Folders | None = None
        self._warm = True

    @property
    def usable(self) -> bool:
        """Whether the process still waits for orders."""
        return self._warm and self.process.poll() is None

    def folder_in(self, session: Session) -> Path | None:
        """Give a working folder; None if the package is for another interpreter than this."""
        if self.folders is None:
            try:
                self.folders = Folders(session)
            except PackageError:
                return None  # the process says what is wrong, or makes its own
        return self.folders.take()

    def order(self, request: Request, token: str, log: Path, folder: Path | None) -> None:
        """Ask for an attempt; prepare the folder of the next one meanwhile."""
        assert self.process.stdin
        order = {
            "request": to_json(request),
            "token": token,
            "log": str(log),
            "folder": str(folder) if folder else None,
        }
        try:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return  # it died just now: the missing answer says so
        if self.folders is not None:
            self.folders.prepare()

    def answer(self, proceed: Callable[[], bool]) -> Outcome | None:
        """Wait for the answer; None if the process died or `proceed` said to give up."""
        while proceed():
            died = self.process.poll() is not None
            line = self.answers.line(0 if died else _TICK)
            if line is not None:
                outcome = from_json(Outcome, json.loads(line))
                self._warm = outcome.warm
                return outcome
            if died:
                return None
        return None

    def kill(self, token: str) -> int | None:
        """End the process, what it made, and everything that carries an attempt's token."""
        end(of_attempts([token], [self.process.pid], [self.name]), GRACE)
        return self.process.wait()

    def end_leftovers(self, token: str) -> None:
        """End what an attempt left behind, and let the process live."""
        left = {each.pid: each for each in of_attempts([token])}
        left |= {each.pid: each for each in beneath(self.process.pid)}
        end(left.values(), GRACE)

    def close(self) -> None:
        """Let the process end by itself."""
        if self.process.stdin:
            with suppress(BrokenPipeError):  # it died with an order that it hadn't read
                self.process.stdin.close()
        self.answers.close()
        if self.folders is not None:
            self.folders.close()
        try:
            self.process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Workers:
    """Keeps warm processes and lends them out.

    Args:
        interpreter: The Python that the deployment's steps run in.
        fresh: Whether every attempt gets a process of its own.
    """

    def __init__(self, interpreter: str, fresh: bool = False) -> None:
        self.interpreter = interpreter
        self.fresh = fresh
        self._idle: list[Worker] = []
        self._lock = Lock()

    def take(self) -> Worker:
        """Give a process that waits for orders."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.usable:
                    return worker
        return Worker(self.interpreter)

    def give_back(self, worker: Worker) -> None:
        """Take a process back, if it can be used again."""
        if self.fresh or not worker.usable:
            worker.close()
            return
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            for worker in self._idle:
                worker.close()
            self._idle.clear()


def waiting(seconds: float, proceed: Callable[[], bool]) -> bool:
    """Wait; give False if `proceed` said to give up before the time was over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not proceed():
            return False
        time.sleep(min(_TICK, max(0.0, deadline - time.monotonic())))
    return proceed()
