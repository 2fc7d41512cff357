"""Parameters become Dagster's config, which takes what the workflow takes, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dagster as dg
import pytest
from dagster_samples import job_file

from lolpop_dagster.building import job_of


def schema(properties: dict[str, Any], *required: str, rest: Any = False) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": rest,
    }


def taken(parameters: dict[str, Any], values: Any, **given: Any) -> Any:
    """Give what a step would get; raise if Dagster doesn't take it."""
    job = job_of(replace(job_file(parameters=given), parameters=parameters), "r")
    config = {"resources": {"parameters": {"config": values}}} if values is not None else {}
    return dg.validate_run_config(job, config)["resources"]["parameters"]["config"]


ANY = schema({"x": {}}, "x")
OPTIONAL = {"anyOf": [{"type": "integer"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"type": "integer"}, 5),
        ({"type": "number"}, 5),
        ({"type": "number"}, 5.5),
        ({"type": "string"}, "é\n{{ x }} $HOME"),
        ({"type": "boolean"}, False),
        (OPTIONAL, None),
        (OPTIONAL, 3),
        ({"type": "array", "items": {"type": "string"}}, ["a", "b"]),
        ({"type": "object"}, {"a": [1, None]}),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "x"),
        ({"enum": ["a", "b"]}, "a"),
        ({}, {"a": 1}),
        ({}, [1, "2", None]),
    ],
)
def test_values_stay_what_they_are(kind: dict[str, Any], value: Any) -> None:
    found = taken(schema({"x": kind}, "x"), {"x": value})
    assert found == {"x": value}
    assert type(found["x"]) is type(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"type": "integer"}, "5"),
        ({"type": "integer"}, True),
        ({"type": "string"}, 5),
        ({"type": "boolean"}, 1),
        (OPTIONAL, "x"),
        ({"type": "array", "items": {"type": "integer"}}, ["x"]),
    ],
)
def test_wrong_values_are_refused(kind: dict[str, Any], value: Any) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError):
        taken(schema({"x": kind}, "x"), {"x": value})


def test_a_value_that_is_needed_must_be_given() -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="Missing required config"):
        taken(ANY, None)


def test_a_value_that_nobody_takes_is_refused() -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match='unexpected config entry "y"'):
        taken(schema({"x": {}}), {"y": 1})


def test_further_values_are_taken_where_the_entrypoint_takes_them() -> None:
    assert taken(schema({"x": {}}, rest=True), {"y": 1}) == {"y": 1}


def test_the_deployments_own_values_are_filled_in_and_defaults_are_not() -> None:
    properties = {"x": {"type": "integer", "default": 1}, "y": {"type": "integer", "default": 2}}
    assert taken(schema(properties), {}, x=5) == {"x": 5}
