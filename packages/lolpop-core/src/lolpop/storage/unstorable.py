"""Which part of a value can't be stored, and the way to it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import Any

ROOT = "result"
_OPEN = {"builtins", "collections", "functools", "types"}
"""Modules of the standard library whose objects are looked into: they hold what users put."""


def culprit(value: Any, dump: Callable[[Any], Any], path: str = ROOT) -> tuple[str, Any]:
    """Find the innermost part of a value that `dump` fails on, and the expression for it."""
    seen = {id(value)}
    while found := _failing(value, path, dump, seen):
        path, value = found
        seen.add(id(value))
    return path, value


def _failing(value: Any, path: str, dump: Callable[[Any], Any], seen: set[int]) -> Any:
    for step, child in _children(value):
        if id(child) not in seen and not _dumps(child, dump):
            return path + step, child
    return None


def _dumps(value: Any, dump: Callable[[Any], Any]) -> bool:
    try:
        dump(value)
    except Exception:  # that it fails is all that is asked
        return False
    return True


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", each) for key, each in value.items())
        yield from ((f".keys()[{number}]", key) for number, key in enumerate(value))
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, range)):
        yield from ((f"[{number}]", each) for number, each in enumerate(value))
    elif isinstance(value, Set):
        yield from (("{…}", each) for each in value)
    if not _is_closed(type(value)):
        yield from _attributes(value)


def _is_closed(kind: type) -> bool:
    """Tell whether the inside of such objects says nothing to those who use them."""
    module = kind.__module__.partition(".")[0]
    return module not in _OPEN and module in sys.stdlib_module_names


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    names = chain(getattr(value, "__dict__", ()), *map(_slots, type(value).__mro__))
    for name in () if isinstance(value, type) else names:
        if (child := getattr(value, name, None)) is not None:
            yield f".{name}", child


def _slots(kind: type) -> Sequence[str]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
