"""The working folder of an attempt: a private, writable copy of the package's project."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

_FICLONE = 0x40049409
_UNCLONABLE = {errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS}


class Workspaces:
    """Makes copies of one folder; the next one can be prepared while nothing else is to do.

    Args:
        source: The folder to copy, never written to.
        room: The folder that the copies are made in.
    """

    def __init__(self, source: Path, room: Path) -> None:
        self.source = source
        self.room = room
        self._ready: Path | None = None
        self._count = 0

    def prepare(self) -> None:
        """Make the next copy now."""
        if self._ready is None:
            self._ready = self._made()

    def take(self) -> Path:
        """Give a fresh copy."""
        folder, self._ready = self._ready or self._made(), None
        return folder

    def close(self) -> None:
        """Drop what was prepared."""
        if self._ready is not None:
            drop(self._ready)
            self._ready = None

    def _made(self) -> Path:
        self._count += 1
        folder = self.room / f"{os.getpid()}-{self._count}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.source, folder, copy_function=_clone)
        return folder


def drop(folder: Path) -> None:
    """Remove a copy; what can't be removed stays and hurts nobody."""
    shutil.rmtree(folder, ignore_errors=True)


def _clone(source: str, target: str) -> str:
    """Copy a file, sharing its blocks where the file system can."""
    try:
        import fcntl

        with Path(source).open("rb") as old, Path(target).open("wb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        shutil.copymode(source, target)
    except OSError as error:
        if error.errno not in _UNCLONABLE:
            raise
        shutil.copy(source, target)
    return target
