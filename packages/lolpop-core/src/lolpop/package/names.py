"""What a file in a package may be called."""

from __future__ import annotations

import re

from lolpop.errors import PackageError

LONGEST_PART = 255
"""The most bytes that the name of one file or folder may have."""

LONGEST = 3000
"""The most bytes of a whole path: Linux stops at 4096, and a package is unpacked beneath others."""

DEEPEST = 200
"""The most folders around a file: Python's own tools walk through them by calling themselves."""

_UNDECODABLE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_SHOWN = 60


def flaw_of(path: str) -> str | None:
    """Say why a path can't stand in a package; None if it can.

    Letters of every language can, with the spaces and joiners that they are written with.
    """
    if _UNDECODABLE.search(path):
        return "its name has bytes that aren't UTF-8"
    if _CONTROL.search(path):
        return "a control character is in its name"
    if "\\" in path:
        return "a backslash is in its name, which other systems take for the end of a folder's"
    return excess_of(path)


def excess_of(path: str) -> str | None:
    """Say how a path goes beyond what systems take; None if it doesn't."""
    parts = path.split("/")
    longest, whole = max(map(_size, parts)), _size(path)
    if longest > LONGEST_PART:
        return f"a name in it has {longest} bytes, more than {LONGEST_PART}"
    if whole > LONGEST:
        return f"it has {whole} bytes, more than {LONGEST}"
    if len(parts) - 1 > DEEPEST:
        return f"it lies in {len(parts) - 1} folders, more than {DEEPEST}"
    return None


def check_name(path: str) -> None:
    """Refuse a file of the project that no package can have.

    Raises:
        PackageError: The message says why.
    """
    if flaw := flaw_of(path):
        raise PackageError(
            f"{shown(path)} can't be packaged: {flaw}",
            hint="rename it, or leave it out with package.exclude",
        )


def shown(path: str) -> str:
    """Write a path for a message: a very long one by its end."""
    return repr(path) if len(path) <= LONGEST_PART else f"'…{repr(path[-_SHOWN:])[1:]}"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
