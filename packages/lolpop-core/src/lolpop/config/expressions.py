"""What `$` means in a scalar: a link, an environment variable, or a literal `$$`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lolpop.config.env import EnvName, EnvRef
from lolpop.config.paths import join, split
from lolpop.errors import ExpressionError

_LINK = re.compile(r'\$((?:[^\W\d]|").*)', re.DOTALL)
_PIECE = re.compile(r"\$\$|\$\{env:([A-Za-z_]\w*)(?::-([^}]*))?\}|\$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """`$process.config.path`: another value of the configuration, by its path."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        return "$" + join(*self.path)


def parse(text: str) -> str | Link | EnvRef:
    """Read what the `$`s of a scalar say.

    Raises:
        ExpressionError: A `$` stands alone, or what follows it isn't known.
    """
    if "$" not in text:
        return text
    whole = _LINK.fullmatch(text)
    if whole and (path := split(whole[1])) is not None and "$" not in whole[1]:
        return Link(path)
    return _parts(text)


def _parts(text: str) -> str | EnvRef:
    parts: list[str | EnvName] = []
    position = 0
    for match in _PIECE.finditer(text):
        parts.append(text[position : match.start()])
        parts.append(_piece(match, text))
        position = match.end()
    parts.append(text[position:])
    return _joined(parts)


def _piece(match: re.Match[str], text: str) -> str | EnvName:
    if match[0] == "$$":
        return "$"
    if match[1]:
        return EnvName(match[1], match[2])
    rest = text[match.start() :]
    if rest.startswith("${"):
        shown = rest[: rest.find("}") + 1] or rest
        hint = "write ${env:NAME} or ${env:NAME:-default}"
        raise ExpressionError(f"{shown!r} means nothing", hint=hint)
    raise ExpressionError("a bare '$'", hint="write $$ for the character, $section.key for a link")


def _joined(parts: list[str | EnvName]) -> str | EnvRef:
    merged: list[str | EnvName] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    if all(isinstance(part, str) for part in merged):
        return "".join(str(part) for part in merged)
    return EnvRef(tuple(merged))
