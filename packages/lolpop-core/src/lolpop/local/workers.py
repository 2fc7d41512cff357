"""Warm processes that make attempts, one at a time each; one that dies is replaced."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Lock

from lolpop.contract import from_json, to_json
from lolpop.execution.processes import VARIABLE, end, of_attempts
from lolpop.execution.request import Request
from lolpop.execution.work import Outcome

GRACE = 5.0
_TICK = 0.2


class Worker:
    """One process that serves attempts.

    Args:
        interpreter: The Python that the deployment's steps run in.
    """

    def __init__(self, interpreter: str) -> None:
        answers, writing = os.pipe()
        safe = ["-P"] if sys.version_info >= (3, 11) else []
        command = [interpreter, *safe, "-m", "lolpop.execution", "serve", str(writing)]
        environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
        self.process = subprocess.Popen(
            [*command, "--with-parent"],
            stdin=subprocess.PIPE,
            pass_fds=(writing,),
            env={**environment, "PYTHONHASHSEED": "0"},
        )
        os.close(writing)
        self.answers = os.fdopen(answers, "rb")

    @property
    def usable(self) -> bool:
        """Whether the process still waits for orders."""
        return self.process.poll() is None

    def order(self, request: Request, token: str, log: str) -> None:
        """Ask for an attempt."""
        assert self.process.stdin
        order = {"request": to_json(request), "token": token, "log": log}
        try:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return  # it died just now: the missing answer says so

    def answer(self, proceed: Callable[[], bool]) -> Outcome | None:
        """Wait for the answer; None if the process died or `proceed` said to give up."""
        while proceed():
            if select.select([self.answers], [], [], _TICK)[0]:
                line = self.answers.readline()
                return from_json(Outcome, json.loads(line)) if line.strip() else None
        return None

    def kill(self, token: str) -> int | None:
        """End the process and everything that carries an attempt's token."""
        end(of_attempts([token], [self.process.pid]), GRACE)
        return self.process.wait()

    def close(self) -> None:
        """Let the process end by itself."""
        if self.process.stdin:
            self.process.stdin.close()
        self.answers.close()
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
