"""The JSON schema of parameters as Dagster's config schema, which its launchpad checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

_SCALARS: Mapping[str, Any] = {"boolean": dg.Bool, "integer": dg.Int, "string": dg.String}


def schema_of(parameters: Mapping[str, Any], given: Mapping[str, Any]) -> dg.Field:
    """Give the config schema of a deployment's parameters.

    A default of the signature isn't filled in: what isn't given isn't handed over. What Dagster
    has no words for takes anything; the step checks it.

    Args:
        parameters: The JSON schema, an object schema.
        given: The deployment's own values.
    """
    required = {*parameters.get("required", ())} - {*given}
    definitions = parameters.get("$defs", {})
    fields = {
        name: _field(schema, name in required, {name: given[name]} if name in given else {}, name)
        for name, schema in (
            (name, _resolved(schema, definitions))
            for name, schema in parameters.get("properties", {}).items()
        )
    }
    rest = parameters.get("additionalProperties", False)
    kind: Any = dg.Shape if rest is False else dg.Permissive
    return dg.Field(kind(fields), is_required=bool(required))


def _field(
    schema: Mapping[str, Any], required: bool, given: Mapping[str, Any], name: str
) -> dg.Field:
    note = schema.get("description")
    default = f"default: {schema['default']!r}" if "default" in schema else None
    text = ". ".join(each for each in (note, default) if each) or None
    kind = _type(schema)
    if name in given:
        return dg.Field(kind, default_value=given[name], is_required=False, description=text)
    return dg.Field(kind, is_required=required, description=text)


def _type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if options := schema.get("anyOf"):
        return _optional(options)
    if kind == "array" and schema.get("items") and "prefixItems" not in schema:
        return dg.Array(_type(schema["items"]))
    # Numbers stay what they are: Dagster's Float would turn 5 into 5.0.
    return _SCALARS.get(str(kind), dg.Any) if "enum" not in schema else dg.Any


def _optional(options: list[Mapping[str, Any]]) -> Any:
    kinds = [each for each in options if each.get("type") != "null"]
    if len(kinds) == 1 and len(options) == 2:
        inner = _type(kinds[0])
        return dg.Any if inner is dg.Any else dg.Noneable(inner)
    return dg.Any


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return {**definitions.get(name, {}), **schema} if name else schema
