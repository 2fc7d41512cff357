"""The process that does the work: one attempt after the other, each as if it were alone."""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from lolpop.contract import from_json, to_json
from lolpop.errors import LolpopError
from lolpop.execution.processes import VARIABLE
from lolpop.execution.request import REFUSED, Request
from lolpop.execution.session import Session, open_session
from lolpop.execution.work import Outcome, perform
from lolpop.execution.workspace import Workspaces, drop
from lolpop.package.opening import Opened


def end_with_parent() -> None:
    """Let the kernel end this process when the one that started it dies (Linux)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def serve(answers: TextIO) -> None:
    """Read orders from standard input until it ends; answer each one on a channel of its own.

    An order is a JSON line with a `request`, a `token` for `LOLPOP_ATTEMPT`, and the `log`
    that standard output and error go to, or None to leave them. The answer is an `Outcome`.
    """
    orders, sys.stdin = sys.stdin, Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    worker = _Worker()
    for line in orders:
        order = json.loads(line)
        outcome = worker.attempt(order)
        answers.write(json.dumps(to_json(outcome)) + "\n")
        answers.flush()
        if threading.active_count() > 1:
            return  # a thread of the step's still runs: the next one gets a clean process
        worker.prepare()


class _Worker:
    def __init__(self) -> None:
        self.opened: Opened | None = None
        self.spaces: Workspaces | None = None
        self.modules = set(sys.modules)

    def attempt(self, order: dict[str, Any]) -> Outcome:
        request = from_json(Request, order["request"])
        with _output_to(order["log"]), self.restored(order["token"]):
            try:
                session = open_session(request)
                self.open(session)
                return self.performed(request, session)
            except LolpopError as error:
                return Outcome(code=REFUSED, error=f"{type(error).__name__}: {error.message}")

    def open(self, session: Session) -> None:
        opened = session.opened()
        if self.opened is None or self.opened.folder != opened.folder:
            self.opened = opened
            self.spaces = Workspaces(opened.project, session.room)

    def performed(self, request: Request, session: Session) -> Outcome:
        assert self.opened is not None
        assert self.spaces is not None
        folder = self.spaces.take()
        try:
            return perform(request, session.store, session.run, self.opened, folder)
        finally:
            drop(folder)

    def prepare(self) -> None:
        if self.spaces is not None:
            self.spaces.prepare()

    @contextmanager
    def restored(self, token: str) -> Iterator[None]:
        """Put the process back to where it was, for the next attempt."""
        folder, environ, path = Path.cwd(), dict(os.environ), list(sys.path)
        os.environ[VARIABLE] = token
        _seed()
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environ)
            sys.path[:] = path
            self.forget_project()

    def forget_project(self) -> None:
        """Let the project's own modules be imported anew by the next attempt."""
        room = self.spaces.room if self.spaces else None
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if room and file and Path(file).is_relative_to(room):
                del sys.modules[name]


def _seed() -> None:
    """Give every attempt random numbers of its own, as a fresh process has them."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


@contextmanager
def _output_to(log: str | None) -> Iterator[None]:
    """Send standard output and error to a file, on the level of file descriptors."""
    if log is None:
        yield
        return
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in enumerate(kept, start=1):
            os.dup2(copy, number)
            os.close(copy)
