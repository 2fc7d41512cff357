"""The one form of a zip: the same content gives the same bytes, anywhere and any time."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_TIME = (1980, 1, 1, 0, 0, 0)  # the first one that a zip can have
_UNIX = 3
_PLAIN = 0o100644 << 16
_EXECUTABLE = 0o100755 << 16
_HEADERS = 30 + 46  # bytes for an entry's local header and its line in the directory
_END = 22
_MANY_END = 56 + 20  # further bytes at the end of an archive with very many entries
_MANY = 0xFFFF

LARGEST = 2**31 - 1
"""The most bytes that a package may have; beyond, a zip has another form."""

MANIFEST = "manifest.json"
CONFIG = "config.yaml"
PROJECT = "project"
WHEELS = "wheels"

Entry = tuple[str, bytes, bool]
"""A path in the archive, the content, and whether it is executable."""


def write_zip(target: BinaryIO | Path, entries: Iterable[Entry]) -> None:
    """Write entries in the order in which they come, uncompressed, with fixed times."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content, executable in entries:
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = _UNIX
            info.external_attr = _EXECUTABLE if executable else _PLAIN
            archive.writestr(info, content)


def size_of(entries: Iterable[tuple[str, int]]) -> int:
    """Give the size of the zip that these paths and sizes make."""
    total, count = _END, 0
    for name, size in entries:
        total += _HEADERS + 2 * len(name.encode()) + size
        count += 1
    return total + (_MANY_END if count > _MANY else 0)


def digest_of(content: bytes) -> str:
    """Give the sha256 of some content, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def key_of(digest: str) -> str:
    """Give the key under which a package is stored."""
    return f"packages/{digest}.zip"
