"""Step commands that an engine's process has started, each watched by a thread of its own.

Engines raise in the threads that wait: a signal in the main one, a time-out in any. So those only
wait, and nothing that must not be cut in two happens in them.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lolpop.execution.request import FATAL, REFUSED

FINAL = (FATAL, REFUSED)
"""The exit codes after which a step isn't tried again."""

CRASHED = "StepCrashed"
"""How the error of a step is called whose command ended without naming one."""

GRACE = 15.0
"""Seconds in which a step command ends what its step started, and closes the record."""

_TICK = 0.1
_LINE = 64 * 1024


def error_of(code: int, last: str) -> tuple[str, str]:
    """Give the error that the end of a step command stands for: its type and its message.

    Args:
        code: The exit code, negative for the signal that ended the step command.
        last: The last line that it printed: `Type: message`, if it had the time to say so.
    """
    kind, _, message = last.partition(": ")
    if code < 0 or not kind.isidentifier():
        return CRASHED, f"the step command ended with exit code {code}"
    return kind, message


class Child:
    """One step command.

    Args:
        command: Its argument list.
        parameters: What it gets on standard input.
        environment: Its environment.
        say: Is called with each line that it prints.
    """

    def __init__(
        self,
        command: Sequence[str],
        parameters: Mapping[str, Any],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self.code: int | None = None
        self.last = ""
        self._command = command
        self._parameters = json.dumps(parameters).encode()
        self._environment = environment
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._lock = threading.Lock()
        # A thread whose join is interrupted looks as if it had ended.
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="lolpop-step", daemon=True)

    def wait(self) -> int:
        """Start it and wait for its end; what is raised meanwhile ends it first.

        Returns:
            Its exit code, negative for the signal that ended it.
        """
        try:
            self._thread.start()
            while not self._ended.wait(_TICK):
                continue
        except BaseException:
            self.end()
            raise
        if self._error is not None:
            raise self._error
        assert self.code is not None
        return self.code

    def end(self) -> None:
        """Ask it to end, and kill it if it doesn't."""
        self.ask()
        if self._thread.ident is not None:
            self._ended.wait(GRACE)
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                return
            self._process.kill()
        self._ended.wait(GRACE)

    def ask(self) -> None:
        """Ask it to end; one that hasn't started yet won't."""
        with self._lock:
            self._stopping = True
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()

    def _run(self) -> None:
        try:
            with self._lock:
                if self._stopping:
                    self.code = -15
                    return
                self._process = self._started()
            with self._process as process:
                self._pump(process)
            self.code = process.returncode
        except BaseException as error:  # it is raised where somebody waits
            self._error = error
        finally:
            self._ended.set()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self._environment),
        )

    def _pump(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        try:
            with process.stdin as orders:
                orders.write(self._parameters)
        except BrokenPipeError:
            pass  # it died just now, and its exit code says why
        while line := process.stdout.readline(_LINE):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.last = text or self.last
            self._say(text)
