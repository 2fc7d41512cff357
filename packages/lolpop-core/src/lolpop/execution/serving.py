"""The process that does the work: one attempt after the other, each as if it were alone."""

from __future__ import annotations

import ctypes
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from lolpop.contract import from_json, to_json
from lolpop.errors import LolpopError, StorageError
from lolpop.execution.masking import mask_of, masked_output
from lolpop.execution.processes import VARIABLE, adopt_orphans, childless
from lolpop.execution.request import FAILED, REFUSED, Request
from lolpop.execution.restoring import forget_modules, restored
from lolpop.execution.session import Session, open_session
from lolpop.execution.work import Outcome, perform
from lolpop.execution.workspace import Workspaces, tidy
from lolpop.package.opening import Opened
from lolpop.package.variables import variables
from lolpop.storage.preview import hiding


def end_with_parent(parent: int) -> None:
    """Let the kernel end this process when the one that started it dies (Linux).

    Args:
        parent: That process; if it has died already, this one ends at once.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def serve(answers: TextIO) -> None:
    """Read orders from standard input until it ends; answer each one on a channel of its own.

    An order is a JSON line with a `request`, a `token` for `LOLPOP_ATTEMPT`, and the `log`
    that standard output and error go to, or None to leave them, and may have the `folder` to
    work in, a copy of the project that isn't dropped here. The answer is an `Outcome`.
    """
    orders, sys.stdin = sys.stdin, Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)  # what was printed outlives a crash
    worker = _Worker()
    for line in orders:
        outcome = worker.attempt(json.loads(line))
        answers.write(json.dumps(to_json(outcome)) + "\n")
        answers.flush()
        if not outcome.warm:
            break
        worker.forget()
    worker.forget()


class _Place:
    """An unpacked package, and the working folders for its attempts."""

    def __init__(self, session: Session, opened: Opened) -> None:
        tidy(session.room)
        self.opened = opened
        self.spaces = Workspaces(opened.project, session.room, session.opened)
        self.variables = variables(opened.config.read_bytes())


class _Worker:
    def __init__(self) -> None:
        self.adopts = adopt_orphans()
        self.place: _Place | None = None

    def attempt(self, order: Mapping[str, Any]) -> Outcome:
        request = from_json(Request, order["request"])
        with _output_to(order["log"]), restored():
            os.environ[VARIABLE] = order["token"]
            try:
                outcome = self.made(request, order.get("folder"))
            except LolpopError as error:
                code = FAILED if isinstance(error, StorageError) else REFUSED
                outcome = Outcome(code=code, error=f"{type(error).__name__}: {error.message}")
        threadless = threading.active_count() == 1
        alone = self.adopts and threadless and childless()
        warm = threadless and not (sys.stdout.closed or sys.stderr.closed)
        return replace(outcome, alone=alone, warm=warm)

    def made(self, request: Request, given: str | None) -> Outcome:
        session = open_session(request)
        place = self.in_place(session)
        given_to_run = {**request.parameters, **session.run.parameters}
        mask = mask_of(place.variables, os.environ, given_to_run)
        folder = Path(given) if given else place.spaces.take()
        with hiding(mask.text):
            outcome = perform(request, session.store, session.run, place.opened, folder)
        output = outcome.output and masked_output(session.store, outcome.output, mask)
        error = outcome.error and mask.text(outcome.error)
        return replace(outcome, error=error, output=output)

    def in_place(self, session: Session) -> _Place:
        """Open the run's package, which may have been changed since the last attempt."""
        opened = session.opened()
        place = self.place
        if place is None or place.opened.digest != opened.digest:
            place = self.place = _Place(session, opened)
        return place

    def forget(self) -> None:
        """Drop the working folder, and let the project's modules be imported anew."""
        if self.place is not None:
            forget_modules(self.place.spaces.room)
            self.place.spaces.close()


@contextmanager
def _output_to(log: str | None) -> Iterator[None]:
    """Send standard output and error to a file, on the level of file descriptors."""
    if log is None:
        yield
        return
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    _flush()
    kept = os.dup(1), os.dup(2)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    try:
        yield
    finally:
        _flush()
        for number, copy in enumerate(kept, start=1):
            os.dup2(copy, number)
            os.close(copy)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
