"""What Airflow's trigger form is made of."""

from __future__ import annotations

from airflow_samples import SCHEMA

from lolpop_airflow.form import params_of


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
