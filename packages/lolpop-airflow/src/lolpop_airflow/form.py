"""The parameters' JSON schema as Airflow's params, which its trigger form is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def params_of(schema: Mapping[str, Any], deployed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give each parameter the keyword arguments of its `Param`.

    Args:
        schema: The JSON schema of the entrypoint's parameters.
        deployed: The deployment's own values, which stand in the form as defaults.
    """
    definitions = schema.get("$defs", {})
    return dict(_each(schema.get("properties", {}), definitions, deployed))


def _each(
    properties: Mapping[str, Any], definitions: Mapping[str, Any], deployed: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, said in properties.items():
        default = {"default": deployed[name]} if name in deployed else {}
        made = {**said, **default}
        if "default" in made and not _fits({**said, "$defs": definitions}, made["default"]):
            # Airflow refuses the whole DAG if a default isn't what the schema says.
            made = {"anyOf": [dict(said), {"const": made["default"]}], "default": made["default"]}
        if definitions and "$ref" in repr(said):
            made["$defs"] = dict(definitions)
        yield name, made


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    from jsonschema import Draft202012Validator

    return bool(Draft202012Validator(schema).is_valid(value))
