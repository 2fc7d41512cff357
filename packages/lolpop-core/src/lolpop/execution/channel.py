"""The lines that a working process answers with, read without waiting for its end."""

from __future__ import annotations

import os
import select
import time


class Answers:
    """The reading end of a pipe that a process, and whatever it forked, may hold open.

    Args:
        descriptor: The pipe; closed with this object.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._read = bytearray()
        self._over = False

    def line(self, seconds: float) -> bytes | None:
        """Wait for the next line; None if it isn't whole by then."""
        deadline = time.monotonic() + seconds
        while (end := self._read.find(b"\n")) < 0:
            left = max(0.0, deadline - time.monotonic())
            if self._over:
                time.sleep(left)
            elif self._comes(left):
                continue
            return None
        found = bytes(self._read[:end])
        del self._read[: end + 1]
        return found

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)

    def _comes(self, seconds: float) -> bool:
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return False
        data = os.read(self._descriptor, 1 << 16)
        self._over = not data
        self._read += data
        return bool(data)
