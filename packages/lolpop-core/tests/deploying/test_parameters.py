"""Parameters of a run: read from the command line, and checked by their schema."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lolpop.deploying.parameters import check_parameters, mismatches, missing, read_pairs
from lolpop.errors import UsageError
from lolpop.package.parameters import schema_of


class Flow:
    def run(
        self,
        name: str,
        seed: int = 7,
        maybe: str | None = None,
        either: int | str = 1,
        day: date = date(2026, 1, 1),
        kind: Literal["fast", "slow"] = "fast",
        place: Path = Path(),
        numbers: list[int] | None = None,
        anything=None,  # type: ignore[no-untyped-def]
    ) -> None: ...


class Open:
    def run(self, **rest: int) -> None: ...


SCHEMA = schema_of(Flow.run)


def read(*pairs: str) -> dict[str, Any]:
    return read_pairs(SCHEMA, pairs, "flow")


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("name=7", "7"),
        ("name=", ""),
        ("name=a=b", "a=b"),
        ("seed=8", 8),
        ("seed=eight", "eight"),
        ("maybe=null", "null"),
        ("either=8", 8),
        ("either=eight", "eight"),
        ("day=2026-11-24", "2026-11-24"),
        ("kind=slow", "slow"),
        ("place=a/b", "a/b"),
        ("numbers=[1, 2]", [1, 2]),
        ("anything=true", True),
        ("anything=yes", "yes"),
        ('anything={"a": null}', {"a": None}),
    ],
)
def test_a_pair_is_read_by_its_schema(pair: str, value: Any) -> None:
    assert read(pair) == {pair.partition("=")[0]: value}


@given(st.text())
def test_any_text_reaches_a_text_parameter_unchanged(text: str) -> None:
    assert read(f"name={text}") == {"name": text}


def test_what_is_no_pair_or_not_known() -> None:
    with pytest.raises(UsageError, match=r"^'seed' isn't of the form K=V$"):
        read("seed")
    with pytest.raises(UsageError, match=r"^'flow' has no parameter 'sed'$") as caught:
        read("sed=1")
    assert caught.value.hint == "did you mean 'seed'?"


def test_further_parameters_where_the_entrypoint_takes_any() -> None:
    schema = schema_of(Open.run)
    assert read_pairs(schema, ["a=1"], "open") == {"a": 1}
    assert [*mismatches(schema, {"a": "x"})] == ["a: 'x' is not of type 'integer'"]


def test_values_are_checked_before_a_run_is_asked_for() -> None:
    check_parameters(SCHEMA, {"seed": 8}, {"name": "deployed"}, "flow")
    with pytest.raises(UsageError) as caught:
        check_parameters(SCHEMA, {"seed": "eight", "kind": "odd"}, {}, "flow")
    assert caught.value.message == (
        "the parameters don't fit 'flow': kind: 'odd' is not one of ['fast', 'slow'];"
        " seed: 'eight' is not of type 'integer'; 'name' has no value and no default"
    )
    assert caught.value.hint == "--param name=…"


class Shape(StrEnum):
    FLAT = "flat"


class Shaped:
    def run(self, shape: Shape = Shape.FLAT) -> None:
        del shape


def test_a_default_is_plain_json() -> None:
    default = schema_of(Shaped.run)["properties"]["shape"]["default"]
    assert (default, type(default)) == ("flat", str)


def test_what_is_missing_has_neither_value_nor_default() -> None:
    assert [*missing(SCHEMA, {})] == ["name"]
    assert [*missing(SCHEMA, {"name": None})] == []
