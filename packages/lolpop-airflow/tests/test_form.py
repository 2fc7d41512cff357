"""What Airflow's trigger form is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from airflow_samples import SCHEMA

from lolpop_airflow.form import params_of, unsaid_of


def test_a_parameter_without_a_default_has_none_in_the_form() -> None:
    assert params_of(SCHEMA, {})["seed"] == {"type": "integer"}


def test_the_deployments_value_is_the_default() -> None:
    assert params_of(SCHEMA, {"seed": 7})["seed"] == {"type": "integer", "default": 7}


def test_a_default_that_its_schema_refuses_is_allowed() -> None:
    assert params_of(SCHEMA, {})["limit"] == {
        "anyOf": [{"type": "integer", "default": None}, {"const": None}],
        "default": None,
    }


def test_definitions_go_where_they_are_referred_to() -> None:
    assert params_of(SCHEMA, {"shape": "flat"})["shape"] == {
        "$ref": "#/$defs/Shape",
        "default": "flat",
        "$defs": {"Shape": {"enum": ["round", "flat"]}},
    }


DAY = {"type": "string", "format": "date"}
INSTANT = {"type": "string", "format": "date-time"}
TIME = {"type": "string", "format": "time"}


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": []}


def test_a_default_that_only_the_signature_has_is_none_in_the_form() -> None:
    kinds = schema(
        day=DAY,
        number={"anyOf": [{"type": "number"}, {"type": "string"}]},
        side={"type": "string", "enum": ["left", "right"]},
        some={"anyOf": [DAY, {"type": "null"}]},
        anything={},
    )
    assert unsaid_of(kinds, {"anything": 1}) == ["day", "number", "side", "some"]
    assert params_of(kinds, {}) == {
        "day": {"type": ["string", "null"], "format": "date", "default": None},
        "number": {"anyOf": [kinds["properties"]["number"], {"type": "null"}], "default": None},
        "side": {"anyOf": [kinds["properties"]["side"], {"type": "null"}], "default": None},
        "some": {"anyOf": [DAY, {"type": "null"}], "default": None},
        "anything": {"default": None},
    }


@pytest.mark.parametrize(
    ("said", "value", "kept"),
    [
        (DAY, "2024-02-29", True),
        (DAY, "2023-02-29", False),
        (DAY, "20240229", False),
        (INSTANT, "2024-01-01T06:30:00Z", True),
        (INSTANT, "2024-01-01T06:30:00.5+02:00", True),
        (INSTANT, "2024-01-01T06:30:00", False),
        (INSTANT, "2024-13-01T06:30:00Z", False),
        (TIME, "06:30:00", False),
    ],
)
def test_a_format_that_airflow_might_refuse_is_left_out(
    said: dict[str, str], value: str, kept: bool
) -> None:
    wanted = {**said, "default": value}
    if not kept:
        del wanted["format"]
    assert params_of(schema(one=said), {"one": value}) == {"one": wanted}


def test_formats_are_left_out_inside_as_well_but_not_what_is_called_so() -> None:
    inside = {"properties": {"format": TIME, "at": TIME}, "default": {"format": "time"}}
    loose = {"type": "string"}
    assert params_of(schema(one=inside), {})["one"] == {
        "properties": {"format": loose, "at": loose},
        "default": {"format": "time"},
    }


def test_a_member_of_an_enumeration_is_its_value() -> None:
    class Side(StrEnum):
        LEFT = "left"

    one = params_of(schema(one={"enum": ["left"], "default": Side.LEFT}), {})["one"]
    assert repr(one) == "{'enum': ['left'], 'default': 'left'}"
