"""A storage that is a folder of this machine, or one mounted on it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from uuid import uuid4

from lolpop.atomic import sync
from lolpop.storage.access import (
    IGNORE,
    PRIVATE,
    Access,
    access_of,
    change,
    make_folder,
    make_root,
    owns,
)

SCRATCH = "tmp"
"""The folder of files that are being written; whatever is old in it is left over."""

_SYNCED_ALONE = 8
_SYNCED_AT_ONCE = 32


class Folder:
    """Files beneath a folder; every one of them appears whole, by a rename or a link.

    Args:
        root: The folder.
        wanted: Who may read and write there; None for what the folder's permissions say, and
            for this user alone where it has to be made.
    """

    is_local = True

    def __init__(self, root: Path, wanted: Access | None = None) -> None:
        self.root = root
        self._wanted = wanted
        self._access: Access | None = None

    @property
    def access(self) -> Access:
        """Who may read and write here; the folder is made if it isn't there."""
        if self._access is None:
            if not self.root.is_dir():
                make_root(self.root, self._wanted or PRIVATE)
            self._access = access_of(self.root)
            if self._wanted and self._wanted != self._access and owns(self.root):
                change(self.root, self._wanted)
                self._access = self._wanted
        return self._access

    def path(self, key: str) -> Path:
        """Give the file of a key."""
        return self.root / key

    def read(self, key: str) -> bytes:
        """Give the content of a key."""
        return self.path(key).read_bytes()

    def write(self, key: str, data: bytes, *, durable: bool = False) -> None:
        """Put content under a key, in place of what was there."""
        with self.scratch() as draft:
            draft.write_bytes(data)
            self.adopt(draft, key, durable=durable)

    def create(self, key: str, data: bytes, *, durable: bool = False) -> bool:
        """Put content under a key that has none; False if it has."""
        target = self.path(key)
        if _status(target):
            return False
        with self.scratch() as draft:
            draft.write_bytes(data)
            self._prepare(draft, target, durable)
            try:
                # Unlike O_EXCL, a link shows the name only with its whole content.
                os.link(draft, target)
            except FileExistsError:
                return False
            except OSError:  # a file system without links
                if not _create_in_place(target, data, self.access.file):
                    return False
        if durable:
            self._sync(self._parents(target))
        return True

    def adopt(self, file: Path, key: str, *, durable: bool = False) -> None:
        """Move a file of the scratch folder under a key."""
        target = self.path(key)
        self._prepare(file, target, durable)
        try:
            file.replace(target)
        except IsADirectoryError:
            self._set_aside(target)
            file.replace(target)
        if durable:
            self._sync(self._parents(target))

    def take(self, key: str, file: Path) -> None:
        """Copy the content of a key into a file."""
        shutil.copyfile(self.path(key), file)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Name a file to write to; what is left of it at the end is dropped."""
        draft = self.root / SCRATCH / uuid4().hex
        self.make(draft.parent)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def make(self, folder: Path) -> Access:
        """Make a folder in here, with the permissions that the others have; tell these."""
        access = self.access
        if folder == self.root:
            make_root(folder, access)  # somebody may have deleted it meanwhile
        elif not folder.is_dir():
            self.make(folder.parent)
            make_folder(folder, access)
        return access

    def settle(self, keys: Iterable[str]) -> None:
        """Bring what is written under keys to the disk, and their names after it."""
        targets = [self.path(key) for key in keys]
        self._sync(targets)
        self._sync({parent for target in targets for parent in self._parents(target)})

    def delete(self, key: str) -> None:
        """Drop a key, and folders that are empty then; nothing if there is none."""
        path = self.path(key)
        try:
            path.unlink(missing_ok=True)
        except (IsADirectoryError, PermissionError):  # what macOS says of a folder
            if not path.is_dir():
                raise
            self._set_aside(path)
        with suppress(OSError):
            for parent in path.parents:
                if parent == self.root:
                    break
                parent.rmdir()

    def size(self, key: str) -> int | None:
        """Give the size of a key's content, or None if there is none."""
        found = _status(self.path(key))
        return found.st_size if found and S_ISREG(found.st_mode) else None

    def modified(self, key: str) -> float:
        """Give the time of a key's last write, by the clock of the disk."""
        return self.path(key).stat().st_mtime

    def now(self) -> float:
        """Give the time by the clock of the disk, which may be another machine's."""
        try:
            with self.scratch() as draft:
                draft.touch()
                return draft.stat().st_mtime
        except OSError:  # a storage that may only be read
            return time.time()

    def names(self, prefix: str) -> list[str]:
        """Give what stands directly beneath a prefix, folders and keys."""
        path = self.path(prefix)
        found = _status(path)
        names = os.listdir(path) if found and S_ISDIR(found.st_mode) else []  # noqa: PTH208
        return [name for name in names if name != IGNORE]

    def sizes(self, prefix: str) -> dict[str, int]:
        """Give the keys beneath a prefix, at any depth, with their sizes."""
        found = {}
        start = self.path(prefix) if prefix else self.root
        for folder, _, files in os.walk(start, onerror=_raise_unless_missing):
            for name in (name for name in files if name != IGNORE):
                path = Path(folder, name)
                with suppress(FileNotFoundError):
                    found[path.relative_to(self.root).as_posix()] = path.stat().st_size
        return found

    def _set_aside(self, folder: Path) -> None:
        """Move a folder that stands in a key's place to what is left over."""
        self.make(self.root / SCRATCH)
        folder.rename(self.root / SCRATCH / uuid4().hex)

    def _prepare(self, draft: Path, target: Path, durable: bool) -> None:
        """Make a draft ready to appear: its content may not come to the disk after its name."""
        os.chmod(draft, self.access.file)  # noqa: PTH101 - this is done for each attempt
        self.make(target.parent)
        if durable:
            sync(draft)

    def _parents(self, target: Path) -> list[Path]:
        """Give the folders that a name depends on, the storage's own last."""
        depth = len(target.parts) - len(self.root.parts)
        return [*target.parents[:depth]]

    def _sync(self, paths: Collection[Path]) -> None:
        if len(paths) <= _SYNCED_ALONE:
            for path in paths:
                _sync_if_there(path)
            return
        # Those that wait at the same time share what the disk does: a run of many steps ends soon.
        with ThreadPoolExecutor(_SYNCED_AT_ONCE, "lolpop-sync") as pool:
            for _ in pool.map(_sync_if_there, paths):
                pass


def _sync_if_there(path: Path) -> None:
    with suppress(FileNotFoundError):
        sync(path)


def _status(path: Path) -> os.stat_result | None:
    """Look at a file, which may be missing; what hides it from this user is an error."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _raise_unless_missing(error: OSError) -> None:
    """Let a walk fail where it may not look, instead of passing over it."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


def _create_in_place(target: Path, data: bytes, mode: int) -> bool:
    try:
        file = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    except FileExistsError:
        return False
    with os.fdopen(file, "wb") as opened:
        opened.write(data)
    os.chmod(target, mode)  # noqa: PTH101 - the umask took the group's part
    return True
