"""The globs of `package.include` and `package.exclude`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

_PIECE = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_SPECIAL = re.compile(r"([*?[])")


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Make a test of paths; a path passes if a pattern matches it or a folder around it.

    Args:
        patterns: Globs that start at the project folder: `*` stays within a folder, `**`
            doesn't; one that names a folder means all that is in it.
    """
    compiled = [_compiled(pattern) for pattern in patterns]
    return lambda path: any(each.fullmatch(path) for each in compiled)


def literal(path: str) -> str:
    """Write a path as the glob that matches it alone."""
    return _SPECIAL.sub(r"[\1]", path)


def start_of(pattern: str) -> str:
    """Give the folder beneath which everything lies that a pattern can match."""
    tidy = _tidy(pattern)
    plain = _SPECIAL.split(tidy, maxsplit=1)[0]
    return tidy if plain == tidy else plain.rpartition("/")[0]


def _tidy(pattern: str) -> str:
    return pattern.removeprefix("./").rstrip("/")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = _PIECE.findall(_tidy(pattern))
    text = "".join(_meaning(piece) for piece in pieces)
    return re.compile(f"(?:{text})(?:/.*)?", re.DOTALL)


def _meaning(piece: str) -> str:
    if len(piece) > 1 and piece[0] == "[":
        inner = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[^/{inner[1:]}]" if inner[0] == "!" else f"[{inner}]"
    return _MEANING.get(piece, re.escape(piece))
