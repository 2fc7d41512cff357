"""Paths of the working folder as files, out of one working folder and into another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from lolpop.errors import StorageError, UnstorableError
from lolpop.storage.sections import Content
from lolpop.storage.tables import PATH, Shelf, Tables


class Files:
    """The files of one working folder.

    Args:
        folder: The working folder, from which relative paths start.
        url: The storage, for messages.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are
        self._real = self._folder.resolve()
        self._url = url

    def add(self, path: Path, tables: Tables) -> int:
        """Add a path to the tables, with its content if it lies inside the folder."""
        inner = self.inner(path)
        if inner is None:
            return tables.add((PATH, (str(path),)))
        place = self._folder / inner
        content = tuple(self._content(place, tables))
        return tables.append((PATH, (inner, path.is_absolute(), place.is_dir(), content)))

    def inner(self, path: Path) -> str | None:
        """Give where in the folder an existing file or folder lies; None if it isn't one."""
        place = os.path.normpath(self._folder / path)
        for folder in (self._folder, self._real):
            inner = os.path.relpath(place, folder)
            if inner != "." and inner.split("/")[0] != ".." and _exists(place):
                return inner
        return None

    def put(self, entry: Any, shelf: Shelf) -> Path:
        """Put a stored path and its files into the folder, and give it as it was written.

        Raises:
            StorageError: A file would lie outside of the folder.
        """
        if len(entry) == 1:
            return Path(entry[0])
        inner, is_absolute, is_folder, content = entry
        root = self._safe(inner)
        if is_folder:
            root.mkdir(parents=True, exist_ok=True)
        for name, section, mode in content:
            target = self._safe(f"{inner}/{name}" if name else inner)
            if section is None:
                target.mkdir(parents=True, exist_ok=True)
            else:
                _write(target, shelf.sections[section], mode)
        return self._folder / inner if is_absolute else Path(inner)

    def _safe(self, inner: str) -> Path:
        place = self._folder / inner
        parts = inner.split("/")
        if inner and not {"", "..", "."}.intersection(parts) and self._stays(place):
            return place
        raise StorageError(
            f"the stored path {inner!r} leaves the working folder {str(self._folder)!r}",
            url=self._url,
        )

    def _stays(self, place: Path) -> bool:
        return place.parent.resolve().is_relative_to(self._real)

    def _content(self, place: Path, tables: Tables) -> Iterator[tuple[str, int | None, bool]]:
        if not place.is_dir():
            yield "", _section(place, tables), _is_executable(place)
            return
        for folder, names, files in os.walk(place):
            names.sort()
            inner = os.path.relpath(folder, place)
            if inner != ".":
                yield inner, None, False
            for name in names:
                _refuse_link(Path(folder, name))
            for name in sorted(files):
                file = Path(folder, name)
                yield os.path.relpath(file, place), _section(file, tables), _is_executable(file)


def _exists(place: str) -> bool:
    try:
        return os.path.exists(place)  # noqa: PTH110 - the path may be no path at all
    except ValueError:
        return False


def _section(file: Path, tables: Tables) -> int:
    if not file.is_file():
        raise UnstorableError(f"Path({str(file)!r})", "Path", "it is neither a file nor a folder")
    return tables.add_section(Content(file, file.stat().st_size))


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        reason = "a folder that a link leads to isn't stored"
        raise UnstorableError(f"Path({str(folder)!r})", "Path", reason)


def _is_executable(file: Path) -> bool:
    return os.access(file, os.X_OK)


def _write(target: Path, content: memoryview, executable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{uuid4().hex}")
    try:
        draft.write_bytes(content)
        draft.chmod(draft.stat().st_mode | (0o111 if executable else 0))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
