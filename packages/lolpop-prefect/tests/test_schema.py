"""The parameters' schema, in the form that Prefect's page makes its form of."""

from __future__ import annotations

from lolpop_prefect.schema import form


def test_fields_keep_their_order_and_definitions_are_where_prefect_looks() -> None:
    schema = {
        "type": "object",
        "properties": {
            "seed": {"type": "integer", "default": 7},
            "size": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]},
        },
        "required": ["size"],
        "additionalProperties": False,
        "$defs": {"Size": {"type": "object", "properties": {"w": {"$ref": "#/$defs/Width"}}}},
    }
    assert form(schema) == {
        "title": "Parameters",
        "type": "object",
        "properties": {
            "seed": {"title": "seed", "type": "integer", "default": 7, "position": 0},
            "size": {
                "title": "size",
                "anyOf": [{"$ref": "#/definitions/Size"}, {"type": "null"}],
                "position": 1,
            },
        },
        "required": ["size"],
        "additionalProperties": False,
        "definitions": {
            "Size": {"type": "object", "properties": {"w": {"$ref": "#/definitions/Width"}}}
        },
    }


def test_what_is_given_is_left_as_it_is() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}}
    form(schema)
    assert schema == {
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"type": "string"}},
    }
