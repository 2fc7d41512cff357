"""The working folder of an attempt: a private, writable copy of the package's project."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from stat import S_IMODE

from lolpop.execution.processes import lives

_FICLONE = 0x40049409
_UNCLONABLE = {errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS}
_PIECE = 1 << 20
_NUMBERS = itertools.count()


class Workspaces:
    """Makes copies of one folder; the next one can be prepared while something else is done.

    Args:
        source: The folder to copy, never written to.
        room: The folder that the copies are made in.
        verify: Is called before each copy: what is copied may have been changed since.
    """

    def __init__(
        self, source: Path, room: Path, verify: Callable[[], object] = lambda: None
    ) -> None:
        self.source = source
        self.room = room
        self._verify = verify
        self._ready: Path | None = None
        self._used: list[Path] = []
        self._clones = True

    def prepare(self) -> None:
        """Make the next copy now, and drop those that were in use before the last one."""
        if self._ready is None:
            self._ready = self._made()
        self._drop(self._used[:-1])

    def take(self) -> Path:
        """Give a fresh copy; the one before it is in use no longer."""
        folder, self._ready = self._ready or self._made(), None
        self._used.append(folder)
        return folder

    def close(self) -> None:
        """Drop all copies."""
        self._drop([*self._used, *([self._ready] if self._ready else [])])
        self._ready = None

    def _drop(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            drop(folder)
        self._used = [folder for folder in self._used if folder not in folders]

    def _made(self) -> Path:
        folder = self.room / f"{socket.gethostname()}-{os.getpid()}-{next(_NUMBERS)}"
        drop(folder)
        self._verify()
        self._copy(str(self.source), str(folder))
        return folder

    def _copy(self, source: str, target: str) -> None:
        """Copy a folder; `shutil.copytree` takes three times as long for small files."""
        os.mkdir(target)  # noqa: PTH102 - paths of strings, for their speed
        with os.scandir(source) as entries:
            for entry in entries:
                place = f"{target}/{entry.name}"
                if entry.is_dir():
                    self._copy(entry.path, place)
                else:
                    self._copy_file(entry.path, place)

    def _copy_file(self, source: str, target: str) -> None:
        """Copy a file, sharing its blocks where the file system can."""
        old = os.open(source, os.O_RDONLY)
        try:
            status = os.fstat(old)
            new = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, S_IMODE(status.st_mode))
            try:
                if not (self._clones and self._cloned(old, new)):
                    _fill(old, new, status.st_size)
            finally:
                os.close(new)
        finally:
            os.close(old)

    def _cloned(self, old: int, new: int) -> bool:
        """Share blocks; False, and it isn't tried again, where that can't be done."""
        try:
            import fcntl

            fcntl.ioctl(new, _FICLONE, old)
        except OSError as error:
            if error.errno not in _UNCLONABLE:
                raise
            self._clones = False
        return self._clones


def drop(folder: Path) -> None:
    """Remove a copy; what can't be removed stays and hurts nobody."""
    shutil.rmtree(folder, ignore_errors=True)


def tidy(room: Path) -> None:
    """Drop the copies of processes of this host that died without doing so."""
    for folder in room.iterdir():
        host, _, pid = folder.name.rpartition("-")[0].rpartition("-")
        ours = host == socket.gethostname() and pid.isdecimal()
        if ours and not lives(int(pid)):
            drop(folder)


def _fill(old: int, new: int, size: int) -> None:
    while size > 0:
        view = memoryview(os.read(old, min(size, _PIECE)))
        size = size - len(view) if view else 0
        while view:
            view = view[os.write(new, view) :]
