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
    """Read an option that holds a JSON object, or a mapping as YAML writes it: `{seed: 7}`.

    Raises:
        UsageError: It doesn't.
    """
    if text is None:
        return {}
    import json

    from lolpop.errors import UsageError

    try:
        value = json.loads(text)
    except ValueError:
        value = _yaml(text, option)
    if not isinstance(value, dict):
        raise UsageError(f"{option} must be a JSON object, got {text!r}", hint=_example(option))
    return value


def _example(option: str) -> str:
    return f"for example {option} '{{\"seed\": 7}}'"


def _yaml(text: str, option: str) -> Any:
    from pathlib import Path

    from lolpop.config.nodes import plain as values_of
    from lolpop.config.paths import written
    from lolpop.config.reader import read
    from lolpop.errors import ConfigError, UsageError

    try:
        value = values_of(read(text.encode(errors="replace"), option, Path()))
    except ConfigError as error:
        raise UsageError(error.message, hint=_example(option)) from None
    if not isinstance(value, dict):
        return value
    given = {written(key): item for key, item in value.items()}
    for key, item in given.items():
        if item is None and ":" in key:  # what a shell leaves of {"seed":7}
            hint = f"put it in quotes, with a space after the colon: {option} '{{seed: 7}}'"
            raise UsageError(f"{option}: {key!r} has no value", hint=hint)
    return given
