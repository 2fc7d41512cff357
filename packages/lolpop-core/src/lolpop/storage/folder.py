"""A storage that is a folder of this machine, or one mounted on it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

SCRATCH = "tmp"
"""The folder of files that are being written; whatever is old in it is left over."""


class Folder:
    """Files beneath a folder; every one of them appears whole, by a rename or a link."""

    is_local = True

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Give the file of a key."""
        return self.root / key

    def read(self, key: str) -> bytes:
        """Give the content of a key."""
        return self.path(key).read_bytes()

    def write(self, key: str, data: bytes) -> None:
        """Put content under a key, in place of what was there."""
        with self.scratch() as draft:
            draft.write_bytes(data)
            self.adopt(draft, key)

    def create(self, key: str, data: bytes) -> bool:
        """Put content under a key that has none; False if it has."""
        target = self.path(key)
        if target.exists():
            return False
        with self.scratch() as draft:
            draft.write_bytes(data)
            _make_parent(target)
            try:
                # Unlike O_EXCL, a link shows the name only with its whole content.
                os.link(draft, target)
            except FileExistsError:
                return False
            except OSError:  # a file system without links
                return _create_in_place(target, data)
        return True

    def adopt(self, file: Path, key: str) -> None:
        """Move a file of the scratch folder under a key."""
        target = self.path(key)
        _make_parent(target)
        file.replace(target)

    def take(self, key: str, file: Path) -> None:
        """Copy the content of a key into a file."""
        shutil.copyfile(self.path(key), file)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Name a file to write to; what is left of it at the end is dropped."""
        draft = self.root / SCRATCH / uuid4().hex
        _make_parent(draft)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        """Drop a key, and folders that are empty then; nothing if there is none."""
        path = self.path(key)
        path.unlink(missing_ok=True)
        with suppress(OSError):
            for parent in path.parents:
                if parent == self.root:
                    break
                parent.rmdir()

    def size(self, key: str) -> int | None:
        """Give the size of a key's content, or None if there is none."""
        path = self.path(key)
        return path.stat().st_size if path.is_file() else None

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
        return os.listdir(path) if path.is_dir() else []  # noqa: PTH208 - names, not paths

    def sizes(self, prefix: str) -> dict[str, int]:
        """Give the keys beneath a prefix, at any depth, with their sizes."""
        found = {}
        for folder, _, files in os.walk(self.path(prefix) if prefix else self.root):
            for name in files:
                path = Path(folder, name)
                with suppress(FileNotFoundError):
                    found[path.relative_to(self.root).as_posix()] = path.stat().st_size
        return found


def _make_parent(target: Path) -> None:
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)


def _create_in_place(target: Path, data: bytes) -> bool:
    try:
        file = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    with os.fdopen(file, "wb") as opened:
        opened.write(data)
    return True
