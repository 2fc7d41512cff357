"""What an unpacked package was when it was unpacked, and whether it still is that.

Hashing a package for each step would cost more than most steps. So the seal notes of each file
what the disk says of it, which no change leaves as it was: `ctime` can't be set back. Only a
file of which that differs is hashed again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path

from lolpop import atomic
from lolpop.contract import Manifest
from lolpop.package.archive import MANIFEST, PROJECT

SEAL = "seal.json"
_COMPILED = "__pycache__"
_FOLDER: list[int] = []

Marks = Mapping[str, list[int]]
"""What the disk says of each file, by its path; nothing of a folder."""


def seal(folder: Path) -> None:
    """Note what is in a folder, as it should stay."""
    marks = dict(_marks(folder))
    digests = {path: _digest(folder / path) for path, mark in marks.items() if mark}
    _note(folder, marks, digests)


def holds(folder: Path, manifest: Manifest) -> bool:
    """Whether an unpacked package is what it was when it was sealed, and nothing more."""
    try:
        known, digests = _read((folder / SEAL).read_bytes())
        marks = dict(_marks(folder))
        if folder.is_symlink() or marks.keys() != known.keys() or not _fits(digests, manifest):
            return False
        return marks == known or _is_same(folder, marks, known, digests)
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def _is_same(folder: Path, marks: Marks, known: Marks, digests: Mapping[str, str]) -> bool:
    """Look at the content of what seems to be changed; a copy of the whole has other marks."""
    changed = [path for path, mark in marks.items() if mark != known[path]]
    if any(_kind(marks[path]) != _kind(known[path]) for path in changed):
        return False
    if any(_digest(folder / path) != digests[path] for path in changed):
        return False
    with suppress(OSError):  # who may only read it looks again the next time
        _note(folder, marks, digests)
    return True


def _kind(mark: list[int]) -> tuple[int, ...]:
    """Tell what no copy changes: the size, and whether it is a file that can be executed."""
    return tuple(mark[:2])


def _fits(digests: Mapping[str, str], manifest: Manifest) -> bool:
    """Whether a seal is one of this package: what it has besides is compiled from that."""
    listed = {file.path: file.digest for file in manifest.files}
    if not listed.keys() <= digests.keys():
        return False
    others = [path for path, digest in digests.items() if listed.get(path) != digest]
    return all(path == MANIFEST or _is_compiled(path.split("/")) for path in others)


def _is_compiled(parts: list[str]) -> bool:
    return parts[0] == PROJECT and _COMPILED in parts[-2:-1]


def _marks(folder: Path, inner: str = "") -> Iterator[tuple[str, list[int]]]:
    with os.scandir(folder / inner) as entries:
        for entry in entries:
            path = f"{inner}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield path, _FOLDER
                yield from _marks(folder, f"{path}/")
            elif path != SEAL:
                yield path, _mark(entry.stat(follow_symlinks=False))


def _mark(status: os.stat_result) -> list[int]:
    kind = status.st_mode & 0o170100  # of what kind, and whether its owner may execute it
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return [status.st_size, kind, *times, status.st_ino]


def _note(folder: Path, marks: Marks, digests: Mapping[str, str]) -> None:
    content = json.dumps({"marks": marks, "digests": digests}).encode()
    atomic.write(folder / SEAL, content)


@lru_cache(maxsize=4)
def _read(content: bytes) -> tuple[Marks, Mapping[str, str]]:
    """Read a seal once: a warm process asks for the same one again and again."""
    found = json.loads(content)
    return found["marks"], found["digests"]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
