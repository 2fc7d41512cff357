"""What a process prints to its streams, passed on as it comes."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Mapping
from typing import IO

from lolpop.execution.masking import Mask

_PIPE = 1 << 20
"""More bytes than a pipe holds."""


def pass_on(
    sources: Mapping[int, IO[bytes]], mask: Mask, keep: Callable[[int, bytes], None]
) -> None:
    """Pass streams on until all of them end.

    What is printed to an earlier stream never comes after what was printed to a later one since.

    Args:
        sources: The streams, by the name under which `keep` knows each.
        mask: What is hidden in them.
        keep: Takes what came.
    """
    outputs = {name: _Output(source, mask) for name, source in sources.items()}
    while outputs:
        select.select([output.source for output in outputs.values()], [], [])
        # Read last, the first one has all that was printed before what the later ones have.
        found = {name: outputs[name].read() for name in reversed(outputs)}
        for name in list(outputs):
            data = found[name]
            if data is None:
                data = outputs.pop(name).stream.close()
            if data:
                keep(name, data)


class _Output:
    """One of the streams that a process prints to.

    Args:
        source: Where to read it.
        mask: What is hidden in it.
    """

    def __init__(self, source: IO[bytes], mask: Mask) -> None:
        os.set_blocking(source.fileno(), False)
        self.source = source
        self.stream = mask.stream()

    def read(self) -> bytes | None:
        """Give what has come, masked; None at the end, and the rest is in the stream then."""
        try:
            data = os.read(self.source.fileno(), _PIPE)
        except BlockingIOError:
            return b""
        return self.stream.feed(data) if data else None
