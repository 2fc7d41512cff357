"""The parameters' JSON schema as Airflow's params, which its trigger form is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_VALUES = ("const", "default", "enum", "examples")
"""What in a schema holds values, and no schemas."""


def params_of(schema: Mapping[str, Any], deployed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give each parameter the keyword arguments of its `Param`.

    Args:
        schema: The JSON schema of the entrypoint's parameters.
        deployed: The deployment's own values, which stand in the form as defaults.
    """
    schema, deployed = _plain(schema), _plain(deployed)
    definitions = schema.get("$defs", {})
    unsaid = unsaid_of(schema, deployed)
    made = {}
    for name, said in schema.get("properties", {}).items():
        default = {"default": deployed[name]} if name in deployed else {}
        wanted = _nullable(said, definitions) if name in unsaid else {**said, **default}
        made[name] = _param(wanted, definitions)
    return made


def unsaid_of(schema: Mapping[str, Any], deployed: Mapping[str, Any]) -> list[str]:
    """Name the parameters whose default the signature alone has, such as a date.

    Airflow starts no run while a param has no value: theirs is None, and the step leaves it out.
    """
    known = {*schema.get("required", ()), *deployed}
    properties = schema.get("properties", {}).items()
    return [name for name, said in properties if name not in known and "default" not in said]


def _plain(value: Any) -> Any:
    """Make plain JSON of it: members of enumerations would be written as their names."""
    return json.loads(json.dumps(value))


def _nullable(said: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    kind = said.get("type")
    if _fits({**said, "$defs": definitions}, None):
        return {**said, "default": None}
    if isinstance(kind, str) and said.keys().isdisjoint(_VALUES):
        return {**said, "type": [kind, "null"], "default": None}
    return {"anyOf": [dict(said), {"type": "null"}], "default": None}


def _param(said: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    default = said.get("default")
    kept = [name for name, holds in _STRICT.items() if default is None or holds(default)]
    made, shared = _without_formats(said, kept), _without_formats(definitions, kept)
    if "default" in made and not _fits({**made, "$defs": shared}, default):
        # Airflow refuses the whole DAG if a default isn't what the schema says.
        made = {"anyOf": [made, {"const": default}], "default": default}
    return {**made, "$defs": shared} if definitions and "$ref" in repr(said) else made


def _without_formats(schema: Any, kept: Collection[str]) -> Any:
    """Leave out the formats about which Airflow is stricter than the step, which reads values."""
    if isinstance(schema, list):
        return [_without_formats(each, kept) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: each if key in _VALUES else _without_formats(each, kept)
        for key, each in schema.items()
        if key != "format" or not isinstance(each, str) or each in kept
    }


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    from jsonschema import Draft202012Validator

    return bool(Draft202012Validator(schema).is_valid(value))


def _is_day(value: Any) -> bool:
    return bool(isinstance(value, str) and _DAY.fullmatch(value) and _parses(date, value))


def _is_instant(value: Any) -> bool:
    return bool(isinstance(value, str) and _INSTANT.fullmatch(value)) and _parses(
        datetime, value[:19].upper()
    )


def _parses(kind: type[date], value: str) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True


_STRICT: dict[str, Callable[[Any], bool]] = {"date": _is_day, "date-time": _is_instant}
"""The formats that Airflow's form has a field for, and what a strict check takes for them."""
