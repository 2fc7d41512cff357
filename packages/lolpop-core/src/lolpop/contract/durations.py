"""Durations as people write them: `90`, `10s`, `1h30m`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = r"\d+(?:\.\d+)?"
_WHOLE = rf"(?:{_NUMBER}(?:ms|[smhd]))+"
_EXPECTED = "expected a duration such as 90, 10s, 5m or 1h30m"
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")


def seconds(value: Any) -> Any:
    """Turn a duration into seconds; a number is seconds already.

    Raises:
        ValueError: The text isn't a duration.
    """
    if isinstance(value, bool):
        raise ValueError(_EXPECTED)
    if not isinstance(value, str) or re.fullmatch(_NUMBER, value, re.ASCII):
        return value
    if not re.fullmatch(_WHOLE, value, re.ASCII):
        raise ValueError(_EXPECTED)
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))


Seconds = Annotated[
    float,
    BeforeValidator(seconds),
    Field(ge=0, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": f"^(?:{_WHOLE}|{_NUMBER})$"},
            ],
            "description": "seconds, or a duration such as 10s, 5m or 1h30m",
        }
    ),
]
