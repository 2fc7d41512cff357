"""Hide what must not be read: the values of variables that a configuration refers to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

SHORTEST = 4
"""Values of fewer characters aren't hidden: they stand in every other word."""

_HIDDEN = "***"


class Mask:
    """Hides secrets, and nothing if there are none.

    Args:
        secrets: The values to hide, each line of one that has several, too.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        longest_first = sorted(forms, key=len, reverse=True)
        self._texts = re.compile("|".join(map(re.escape, longest_first)))
        self._forms = sorted(map(os.fsencode, forms), key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._forms)))

    def __bool__(self) -> bool:
        return bool(self._forms)

    def text(self, text: str) -> str:
        """Hide the secrets in a text."""
        return self._texts.sub(_HIDDEN, text) if self else text

    def stream(self) -> Stream:
        """Give what hides the secrets in a stream, wherever its chunks begin and end."""
        return Stream(self._pattern if self else None, self._forms)


class Stream:
    """One stream of output on its way to where it is kept."""

    def __init__(self, pattern: re.Pattern[bytes] | None, forms: list[bytes]) -> None:
        self._pattern = pattern
        self._forms = forms
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next chunk; give what may go on, all but what could begin a secret."""
        if self._pattern is None:
            return data
        data = self._held + data
        end = self._beginning(data)
        parts, here = [], 0
        for match in self._pattern.finditer(data):
            if match.start() >= end:
                break
            parts += [data[here : match.start()], _HIDDEN.encode()]
            here = match.end()
        end = max(here, end)
        self._held = data[end:]
        return b"".join([*parts, data[here:end]])

    def close(self) -> bytes:
        """Give what was held back."""
        held, self._held = self._held, b""
        return self._pattern.sub(_HIDDEN.encode(), held) if self._pattern else held

    def _beginning(self, data: bytes) -> int:
        """Tell where the end of a chunk begins that could be the beginning of a secret."""
        longest = min(len(data), len(self._forms[0]) - 1)
        for start in range(len(data) - longest, len(data)):
            tail = data[start:]
            if any(len(form) > len(tail) and form.startswith(tail) for form in self._forms):
                return start
        return len(data)


def mask_of(names: Iterable[str], environ: Mapping[str, str]) -> Mask:
    """Make the mask of the variables of those names that are set."""
    return Mask(environ[name] for name in names if name in environ)


@contextmanager
def masked(log: Path, mask: Mask) -> Iterator[Path]:
    """Give what to print to in place of a log: the log itself if there is nothing to hide.

    What is printed by a process that dies meanwhile arrives too.
    """
    if not mask:
        yield log
        return
    with TemporaryDirectory(prefix="lolpop-pipe-") as folder:
        pipe = Path(folder, "log")
        os.mkfifo(pipe, 0o600)
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        ours = os.open(pipe, os.O_WRONLY)  # as long as it is open, there may be more to read
        os.set_blocking(reading, True)
        thread = Thread(target=_copy, args=(reading, log, mask), daemon=True)
        thread.start()
        try:
            yield pipe
        finally:
            os.close(ours)
            thread.join(_LONGEST_WAIT)


_LONGEST_WAIT = 5.0
"""Seconds to wait for the end of a pipe that a process which escaped may hold open."""


def _copy(reading: int, log: Path, mask: Mask) -> None:
    stream = mask.stream()
    with os.fdopen(reading, "rb", buffering=0) as source, log.open("ab", buffering=0) as sink:
        while data := source.read(1 << 16):
            sink.write(stream.feed(data))
        sink.write(stream.close())


def _forms(secret: str) -> Iterator[str]:
    """Give the forms in which a value is printed: as it is, by line, and as `repr` writes it."""
    yield secret
    yield from secret.splitlines()
    yield repr(secret)[1:-1]
