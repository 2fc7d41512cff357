"""Values of any kind as JSON values: what JSON can't hold is written as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Turn a value into JSON values.

    Mappings, lists and tuples keep their shape; a number of numpy is a number; NaN and the
    infinities, which JSON lacks, and everything else are written as text.
    """
    try:
        return _plain(value)
    except RecursionError:
        return _text(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(float(value))
    if isinstance(value, Mapping):
        return {_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return _plain(value.item())
    return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return object.__repr__(value)
