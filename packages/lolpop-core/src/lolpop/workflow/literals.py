"""Parameters from their text: JSON whose numbers are read by the type that they are for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from lolpop.errors import UsageError

DECIMAL = "decimal"
"""The `format` of what is a decimal number, exact to its last digit, which travels as a string."""
MODE: JsonSchemaMode = "validation"

_LONGEST = 1000
_NOT_FINITE = (".inf", ".nan")

Schema = Mapping[str, Any]


class Words(GenerateJsonSchema):
    """JSON schemas that say which numbers are decimal."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Mark the schema of a decimal number."""
        return {**super().decimal_schema(schema), "format": DECIMAL}


class Number(float):
    """A number with a fraction or an exponent, and the text that it was written as."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Number:
        """Read a number as JSON or YAML write it."""
        made = super().__new__(cls, text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        made.text = text
        return made


def schema_of(adapter: TypeAdapter[Any]) -> dict[str, Any] | None:
    """Give the JSON schema of a type, or None for one that JSON has no words for."""
    try:
        return adapter.json_schema(mode=MODE, schema_generator=Words)
    except (PydanticInvalidForJsonSchema, PydanticUserError):
        return None


def parse(text: str, schema: Schema, definitions: Schema) -> Any:
    """Read a value as it was typed: as a string where the schema says so, else as JSON.

    Args:
        text: What was typed; what isn't JSON is a string.
        schema: The JSON schema of the parameter; an empty one takes anything.
        definitions: The schemas that it refers to.

    Raises:
        UsageError: There is a number in it that JSON lacks: NaN or an infinity.
    """
    kinds = {kind for each in _choices(schema, definitions) for kind in _kinds(each)}
    if "string" in kinds and kinds <= {"string", "null"}:
        return text
    try:
        found = json.loads(text, parse_float=Number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return by_type(found, schema, definitions)


def by_type(value: Any, schema: Schema, definitions: Schema) -> Any:
    """Give the JSON value of what holds `Number`s: decimal ones as strings, others as floats.

    Raises:
        UsageError: There is a number in it that JSON lacks: NaN or an infinity.
    """
    choices = [*_choices(schema, definitions)]
    decimal = any(each.get("format") == DECIMAL for each in choices)
    if decimal and isinstance(value, Number) and value.text.strip("+-").lower() not in _NOT_FINITE:
        return _plain(value.text)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _refuse(str(float(value)))
    if isinstance(value, list):
        return [
            by_type(each, _item(choices, index), definitions) for index, each in enumerate(value)
        ]
    if isinstance(value, dict):
        return {
            key: by_type(each, _entry(choices, key), definitions) for key, each in value.items()
        }
    return value


def _plain(text: str) -> str:
    """Write a decimal number without an exponent, as schemas want it."""
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    short = isinstance(exponent, int) and abs(exponent) <= _LONGEST
    return f"{number:f}" if short else text


def _refuse(number: str) -> NoReturn:
    raise UsageError(
        f"{number} isn't a number that JSON has, and parameters travel as JSON",
        hint="leave it out, or give null and let the workflow put the number in its place",
    )


def _choices(schema: Schema, definitions: Schema) -> Iterator[Schema]:
    """Yield the schemas that a value may be held against, references followed."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        yield from _choices(definitions.get(name, {}), definitions)
    yield schema
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _choices(each, definitions)


def _kinds(schema: Schema) -> set[str]:
    kinds = schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _item(choices: list[Schema], index: int) -> Schema:
    """Give what an item of a list is held against."""
    found = []
    for each in choices:
        first = each.get("prefixItems", ())
        found.append(first[index] if index < len(first) else each.get("items", {}))
    return _any_of(found)


def _entry(choices: list[Schema], key: str) -> Schema:
    """Give what an entry of an object is held against."""
    return _any_of(
        [
            each.get("properties", {}).get(key, each.get("additionalProperties", {}))
            for each in choices
        ]
    )


def _any_of(schemas: list[Any]) -> Schema:
    return {"anyOf": [each for each in schemas if isinstance(each, Mapping) and each]}
