"""Values as JSON: written for an answer, and read from an option."""

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


def json_object(text: str | None, option: str) -> dict[str, Any]:
    """Read an option that holds a JSON object.

    Raises:
        UsageError: It doesn't.
    """
    if text is None:
        return {}
    import json

    from lolpop.errors import UsageError

    hint = f"for example {option} '{{\"seed\": 7}}'"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{option} isn't JSON: {error}", hint=hint) from None
    if not isinstance(value, dict):
        raise UsageError(f"{option} must be a JSON object, got {text!r}", hint=hint)
    return value
