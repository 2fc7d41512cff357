"""Lines for the engine alone: what decorates a step's calls says them, and no record keeps them."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

_MARK = b"\x1e"
"""What an aside begins with, in the stream of what the step prints: there it keeps its place."""

_ASIDE = re.compile(_MARK + rb"([^\n]*\n)")
_heard = False


def listen() -> None:
    """Let asides be heard: this process makes an attempt whose calls are decorated."""
    global _heard
    _heard = True


def heard() -> bool:
    """Whether an aside would reach an engine: only in a step that is told to `--decorate`."""
    return _heard


def aside(text: str) -> None:
    """Say a line to the engine, between what is printed before and after; nothing if none hears.

    Args:
        text: One line.
    """
    if not _heard:
        return
    line = " ".join(text.splitlines()).encode("utf-8", "backslashreplace")
    with suppress(OSError, ValueError):  # a step may close its output
        sys.stdout.flush()
        os.write(1, _MARK + line + b"\n")


class Asides:
    """Parts asides from what a stream says, wherever its chunks begin and end."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take the next chunk; give what of it is for the engine, and what for the record."""
        data = self._held + data
        begun = data.rfind(_MARK)
        end = begun if begun >= 0 and b"\n" not in data[begun:] else len(data)
        self._held = data[end:]
        return _parted(data[:end])

    def close(self) -> bytes:
        """Give what was held back: it only began like an aside."""
        held, self._held = self._held, b""
        return held


def _parted(data: bytes) -> tuple[bytes, bytes]:
    if _MARK not in data:
        return data, data
    return _ASIDE.sub(rb"\1", data), _ASIDE.sub(b"", data)
