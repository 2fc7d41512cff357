"""The JSON schema of what a run of a workflow takes."""

from __future__ import annotations

import inspect
import json
from typing import Any

from pydantic import TypeAdapter

from lolpop.contract import to_json
from lolpop.errors import ContractError
from lolpop.workflow.arguments import parameters_of, reader_of
from lolpop.workflow.literals import MODE, Words
from lolpop.workflow.literals import schema_of as type_schema


def schema_of(function: Any) -> dict[str, Any]:
    """Give the JSON schema of an entrypoint's parameters, an object schema.

    A parameter without an annotation, or with one that JSON has no words for, takes anything.

    Args:
        function: The entrypoint as its class declares it.
    """
    parameters = parameters_of(function)
    schemas, definitions = _schemas(parameters, function)
    rest = [name for name, each in parameters.items() if each.kind is each.VAR_KEYWORD]
    named = {name: each for name, each in parameters.items() if not _is_rest(each)}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: schemas[name] | _default(each) for name, each in named.items()},
        "required": [name for name, each in named.items() if each.default is each.empty],
        "additionalProperties": schemas[rest[0]] if rest else False,
    }
    return schema | ({"$defs": definitions} if definitions else {})


def _schemas(
    parameters: dict[str, inspect.Parameter], function: Any
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    adapters = {name: reader_of(each, function) for name, each in parameters.items()}
    inputs = [(name, MODE, each) for name, each in adapters.items() if each and type_schema(each)]
    made, shared = TypeAdapter.json_schemas(inputs, schema_generator=Words)
    found = {name: dict(made[name, MODE]) for name, _, _ in inputs}
    return {name: found.get(name, {}) for name in parameters}, shared.get("$defs", {})


def _is_rest(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def _default(parameter: inspect.Parameter) -> dict[str, Any]:
    """Give the default as the schema shows it, if it is a value that JSON has."""
    if parameter.default is parameter.empty:
        return {}
    try:
        # A member of an enumeration may be a string, too: only its value is written.
        default = json.loads(json.dumps(to_json(parameter.default)))
    except (ContractError, TypeError, ValueError):
        return {}
    return {"default": default}
