"""The JSON schema of parameters, in the form that Prefect's page makes its form of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HERE, _THERE = "#/$defs/", "#/definitions/"


def form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schema its fields in order, and its definitions where Prefect's page looks."""
    found = _moved(schema)
    definitions = found.pop("$defs", {})
    fields = {
        name: {"title": name, **field, "position": place}
        for place, (name, field) in enumerate(found.get("properties", {}).items())
    }
    return {"title": "Parameters", **found, "properties": fields, "definitions": definitions}


def _moved(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _reference(key, _moved(each)) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_moved(each) for each in value]
    return value


def _reference(key: str, value: Any) -> Any:
    if key == "$ref" and isinstance(value, str) and value.startswith(_HERE):
        return _THERE + value.removeprefix(_HERE)
    return value
