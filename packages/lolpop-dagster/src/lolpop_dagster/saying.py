"""What a step prints, as events of its op: lines that come close together are one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType

_QUIET = 0.2
"""Seconds for which lines are gathered: each event is a transaction in Dagster's database."""

_LARGEST = 64 * 1024


class Saying:
    """Gathers lines, and says them.

    Args:
        log: Is called with one line or several; those at which it raises are lost.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._lines: list[str] = []
        self._size = 0
        self._lock = threading.Condition()
        self._ended = False
        self._lost = False
        self._thread = threading.Thread(target=self._run, name="lolpop-saying", daemon=True)

    def __enter__(self) -> Saying:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._ended = True
            self._lock.notify_all()
        self._thread.join()

    def say(self, line: str) -> None:
        """Say a line, at once or a little later."""
        with self._lock:
            # Who prints faster than Dagster takes it in waits.
            self._lock.wait_for(lambda: self._size < _LARGEST or self._ended)
            self._lines.append(line)
            self._size += len(line)
            self._lock.notify_all()

    def _run(self) -> None:
        while self._gathered():
            with self._lock:
                lines, self._lines, self._size = self._lines, [], 0
                self._lock.notify_all()
            if lines:
                self._tell(lines)

    def _tell(self, lines: list[str]) -> None:
        try:
            self._log("\n".join(lines))
        except BaseException as error:
            # A step isn't held up by a database that doesn't take what it prints.
            if not self._lost:
                sys.stderr.write(f"lolpop-dagster: printed lines are lost: {error!r}\n")
            self._lost = True

    def _gathered(self) -> bool:
        """Wait for lines, and for those that come right after; False when there is no more."""
        with self._lock:
            self._lock.wait_for(lambda: self._lines or self._ended)
            self._lock.wait_for(lambda: self._ended or self._size >= _LARGEST, _QUIET)
            return bool(self._lines)
