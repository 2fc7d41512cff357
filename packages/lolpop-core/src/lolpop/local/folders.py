"""Working folders for the attempts of one process; the next one is made while it works."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from lolpop.execution.session import Session
from lolpop.execution.workspace import Workspaces


class Folders:
    """Makes working folders in the background.

    Args:
        session: The run whose package's project is copied, each time verified.
    """

    def __init__(self, session: Session) -> None:
        project = session.opened().project
        self._spaces = Workspaces(project, session.room, session.opened)
        self._making: Thread | None = None

    def prepare(self) -> None:
        """Begin to make the next one, and to drop those before the one in use."""
        self._wait()
        self._making = Thread(target=self._spaces.prepare, name="lolpop-folders", daemon=True)
        self._making.start()

    def take(self) -> Path:
        """Give a fresh one."""
        self._wait()
        return self._spaces.take()

    def close(self) -> None:
        """Drop all of them."""
        self._wait()
        self._spaces.close()

    def _wait(self) -> None:
        if self._making is not None:
            self._making.join()
            self._making = None
