"""Values of the exact types that JSON has, which are stored as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

_WIDEST = 2**64
"""Longer whole numbers are slow as text, and Python refuses to read very long ones."""


def is_exact(value: Any) -> bool:
    """Tell whether JSON gives a value back exactly: types, order and all.

    Subclasses (an `IntEnum`), keys other than strings, tuples, NaN and lone surrogates
    aren't exact, nor is what is nested too deeply to be looked through.
    """
    try:
        return _is_exact(value)
    except RecursionError:
        return False


def dumps(value: Any) -> bytes:
    """Write an exact value; equal values of equal types give equal bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def loads(data: bytes) -> Any:
    """Read what `dumps` wrote."""
    return json.loads(data)


def _is_exact(value: Any) -> bool:
    kind: Any = type(value)
    if kind is str:
        return _is_text(value)
    if kind is int:
        return bool(-_WIDEST < value < _WIDEST)
    if kind is float:
        return math.isfinite(value)
    if kind is list:
        return all(map(_is_exact, value))
    if kind is dict:
        return all(type(key) is str and _is_text(key) for key in value) and all(
            map(_is_exact, value.values())
        )
    return value is None or kind is bool


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
