"""Dotted paths: `steps."train.fit".retries`, as `--set`, links and messages write them."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w\-\[\]*?]+")
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."=\s]+)')


def join(*keys: object) -> str:
    """Write keys as one dotted path; a key with a dot in it is quoted."""
    return ".".join(_quoted(written(key)) for key in keys)


def written(key: object) -> str:
    """Write a key as paths and YAML have it."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _quoted(key: str) -> str:
    if _PLAIN.fullmatch(key):
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def below(path: str, key: object) -> str:
    """Give the path of a key beneath a path that is written already."""
    return f"{path}.{join(key)}" if path else join(key)


def split(path: str) -> tuple[str, ...] | None:
    """Take a dotted path apart, or return None if it isn't one."""
    keys: list[str] = []
    position = 0
    while True:
        match = _PART.match(path, position)
        if match is None:
            return None
        quoted, plain = match.groups()
        keys.append(plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        position = match.end()
        if position == len(path):
            return tuple(keys)
        if path[position] != ".":
            return None
        position += 1
