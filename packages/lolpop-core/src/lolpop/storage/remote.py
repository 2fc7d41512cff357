"""A storage at an fsspec URL."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

_CREATING = Lock()
"""For file systems inside this process (`memory://`), which look first and create then."""


class Remote:
    """Objects beneath a URL; every one of them appears whole, as object stores do it."""

    is_local = False

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped,import-not-found,unused-ignore]

        files, root = url_to_fs(url, use_listings_cache=False)
        self._files: Any = files
        self._root: str = root.rstrip("/")

    def path(self, key: str) -> str:
        """Give the address of a key as fsspec has it."""
        return f"{self._root}/{key}" if key else self._root

    def read(self, key: str) -> bytes:
        """Give the content of a key."""
        return bytes(self._files.cat_file(self.path(key)))

    def write(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Put content under a key, in place of what was there; always durable."""
        self._make_parent(key)
        self._files.pipe_file(self.path(key), data)

    def create(self, key: str, data: bytes, *, durable: bool = True) -> bool:
        """Put content under a key that has none; False if it has. Always durable."""
        with _CREATING:
            if self.size(key) is not None:
                return False
            self._make_parent(key)
            try:
                self._files.pipe_file(self.path(key), data, mode="create")
            except FileExistsError:
                return False
        return True

    def adopt(self, file: Path, key: str, *, durable: bool = True) -> None:
        """Copy a file of this machine under a key; always durable."""
        self._make_parent(key)
        self._files.put_file(str(file), self.path(key))

    def take(self, key: str, file: Path) -> None:
        """Copy the content of a key into a file of this machine."""
        self._files.get_file(self.path(key), str(file))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Name a file to write to; what is left of it at the end is dropped."""
        with tempfile.TemporaryDirectory(prefix="lolpop-") as folder:
            yield Path(folder, "draft")

    def settle(self, keys: Iterable[str]) -> None:
        """Do nothing: what an object store has taken is durable."""

    def delete(self, key: str) -> None:
        """Drop a key; nothing if there is none."""
        if self.size(key) is not None:
            self._files.rm_file(self.path(key))

    def size(self, key: str) -> int | None:
        """Give the size of a key's content, or None if there is none."""
        try:
            found = self._files.info(self.path(key))
        except FileNotFoundError:
            return None
        return int(found["size"]) if found["type"] == "file" else None

    def modified(self, key: str) -> float:
        """Give the time of a key's last write, by the clock of the store."""
        return float(self._files.modified(self.path(key)).timestamp())

    def now(self) -> float:
        """Give the time by the clock of the store, which is another machine's."""
        try:
            self.write("tmp/clock", b"")
            return self.modified("tmp/clock")
        except (OSError, NotImplementedError):  # it may only be read, or tells no times
            return time.time()

    def names(self, prefix: str) -> list[str]:
        """Give what stands directly beneath a prefix, folders and keys."""
        try:
            found = self._files.ls(self.path(prefix), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        names = {each.rstrip("/").rpartition("/")[2] for each in found}
        return sorted(names - {"", self.path(prefix).rpartition("/")[2]})

    def sizes(self, prefix: str) -> dict[str, int]:
        """Give the keys beneath a prefix, at any depth, with their sizes."""
        found = self._files.find(self.path(prefix), detail=True)
        start = len(self._files._strip_protocol(self._root)) + 1  # noqa: SLF001 - no other way
        return {name[start:]: int(each["size"]) for name, each in found.items()}

    def _make_parent(self, key: str) -> None:
        if self._files.protocol not in ("memory", ("s3", "s3a")):
            self._files.makedirs(self.path(key).rpartition("/")[0], exist_ok=True)
