"""Hide what must not be read: the values of variables that a configuration refers to."""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from lolpop.package.secrets import is_secret
from lolpop.storage import Store, artifacts
from lolpop.storage.artifacts import Artifact

SHORTEST = 4
"""Values of fewer characters aren't hidden: they stand in every other word."""

SHOWN_WHOLE = 100_000
"""Bytes of a JSON value that a report shows itself, up to the first characters of it."""

HIDDEN = "***"
"""What stands in the place of a secret."""

_ESCAPE = re.compile("%[0-9A-F]{2}")


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

    def is_in(self, data: bytes) -> bool:
        """Tell whether a secret stands in some bytes."""
        return bool(self and self._pattern.search(data))

    def text(self, text: str) -> str:
        """Hide the secrets in a text."""
        return self._texts.sub(HIDDEN, text) if self else text

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
            parts += [data[here : match.start()], HIDDEN.encode()]
            here = match.end()
        end = max(here, end)
        self._held = data[end:]
        return b"".join([*parts, data[here:end]])

    def close(self) -> bytes:
        """Give what was held back."""
        held, self._held = self._held, b""
        return self._pattern.sub(HIDDEN.encode(), held) if self._pattern else held

    def _beginning(self, data: bytes) -> int:
        """Tell where the end of a chunk begins that could be the beginning of a secret."""
        longest = min(len(data), len(self._forms[0]) - 1)
        for start in range(len(data) - longest, len(data)):
            tail = data[start:]
            if any(len(form) > len(tail) and form.startswith(tail) for form in self._forms):
                return start
        return len(data)


def mask_of(
    names: Iterable[str], environ: Mapping[str, str], parameters: Mapping[str, Any] | None = None
) -> Mask:
    """Make the mask of the variables of those names that are set, and of secret parameters.

    Args:
        names: The variables that a workflow reads.
        environ: Their values.
        parameters: The run's; the values of those that are called like a secret are hidden.
    """
    known = [environ[name] for name in names if name in environ]
    return Mask([*known, *secret_values(parameters or {})])


def secret_values(value: Any, secret: bool = False) -> Iterator[str]:
    """Give the texts and numbers that stand beneath keys which name a secret."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from secret_values(child, secret or is_secret(str(key)))
    elif isinstance(value, list | tuple):
        for child in value:
            yield from secret_values(child, secret)
    elif secret and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def without_secrets(value: Any, secret: bool = False) -> Any:
    """Give parameters as they may be shown: what stands beneath a secret's key is hidden."""
    if isinstance(value, Mapping):
        return {
            key: without_secrets(child, secret or is_secret(str(key)))
            for key, child in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(child, secret) for child in value]
    return HIDDEN if secret and value is not None and value != "" else value


def masked_output(store: Store, output: Artifact, mask: Mask) -> Artifact:
    """Hide secrets in what is noted of an output, and note that there are some in it.

    A report shows a JSON value itself, and whoever makes it may not know the secrets.
    """
    preview = mask.text(output.preview)
    if mask and output.kind == "json" and HIDDEN not in preview and output.size <= SHOWN_WHOLE:
        content = json.dumps(artifacts.get(store, output.digest, Path.cwd()), ensure_ascii=False)
        preview = f"{preview} {HIDDEN}" if mask.is_in(os.fsencode(content)) else preview
    return replace(output, preview=preview)


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
    """Give the forms in which a value is printed, whole, by line, and the password of a URL."""
    for text in (secret, secret.strip(), *secret.splitlines(), *_passwords(secret)):
        yield from _written(text)


def _written(text: str) -> Iterator[str]:
    """Give a text as it is, and as Python, JSON, URLs, base64 and HTML write it."""
    yield text
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    data = os.fsencode(text)
    yield repr(data)[2:-1]
    if len(text) < SHORTEST:
        return
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield from (escaped, escaped.replace("/", r"\/"))
    for quoted in (quote(data), quote(data, safe=""), quote_plus(data)):
        yield from (quoted, _ESCAPE.sub(lambda found: found[0].lower(), quoted))
    for coded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield from (coded.decode(), coded.decode().rstrip("="))
    yield from (html.escape(text), html.escape(text, quote=False))


def _passwords(secret: str) -> Iterator[str]:
    """Give the password that stands in an address, quoted as it is there, and not."""
    with suppress(ValueError):  # no address at all
        password = urlsplit(secret).password
        if password:
            yield from (password, unquote(password))
