"""Parameters from their text: numbers keep what was written until their type is known."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from lolpop.deploying.parameters import check_parameters, read_pairs
from lolpop.errors import ConfigError, UsageError
from lolpop.package.parameters import schema_of
from lolpop.workflow.arguments import bind

HINT = "leave it out, or give null and let the workflow put the number in its place"


@dataclass
class Order:
    price: Decimal
    weight: float = 0.0


class Flow:
    def run(
        self,
        price: Decimal = Decimal(1),
        prices: list[Decimal] | None = None,
        pair: tuple[Decimal, float] | None = None,
        by_name: dict[str, Decimal] | None = None,
        order: Order | None = None,
        either: Decimal | str = "",
        weight: float = 0.0,
        anything: Any = None,
    ) -> None: ...


class Rest:
    def run(self, **prices_by_name: Decimal) -> None: ...


SCHEMA = schema_of(Flow.run)


def through(pair: str, cls: Any = Flow) -> Any:
    """Take a parameter from the command line to the call in a step, by JSON."""
    schema = schema_of(cls.run)
    given = json.loads(json.dumps(read_pairs(schema, [pair], "flow"), allow_nan=False))
    check_parameters(schema, given, {}, "flow")
    arguments, keywords = bind(cls.run, (), given)
    bound = inspect.signature(cls.run).bind(None, *arguments, **keywords).arguments
    return {**bound, **bound.get("prices_by_name", {})}[pair.partition("=")[0]]


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("price=12345678901234567890.12", Decimal("12345678901234567890.12")),
        ("price=3.30", Decimal("3.30")),
        ("price=-0.10", Decimal("-0.10")),
        ("price=1e-3", Decimal("0.001")),
        ("price=1E+2", Decimal(100)),
        ("price=1e999", Decimal("1e999")),
        ("price=7", Decimal(7)),
        ("prices=[3.30, 2, 0.1000]", [Decimal("3.30"), Decimal(2), Decimal("0.1000")]),
        ("pair=[3.30, 3.30]", (Decimal("3.30"), 3.3)),
        ('by_name={"a": 3.30}', {"a": Decimal("3.30")}),
        ('order={"price": 3.30, "weight": 3.30}', Order(Decimal("3.30"), 3.3)),
        ("either=3.30", Decimal("3.30")),
        ("weight=3.30", 3.3),
        ("anything=[3.30]", [3.3]),
    ],
)
def test_numbers_are_read_by_their_type(pair: str, value: Any) -> None:
    # As text: Decimal("3.3") equals Decimal("3.30"), and isn't what was written.
    assert repr(through(pair)) == repr(value) or through(pair) == value == Decimal("1e999")


def test_further_keywords_are_read_by_theirs() -> None:
    assert through("any_name=3.30", Rest) == Decimal("3.30")
    assert read_pairs(schema_of(Rest.run), ["any_name=3.30"], "flow") == {"any_name": "3.30"}


@pytest.mark.parametrize(
    ("pair", "name", "number"),
    [
        ("weight=NaN", "weight", "NaN"),
        ("weight=Infinity", "weight", "Infinity"),
        ("weight=-Infinity", "weight", "-Infinity"),
        ("weight=1e999", "weight", "inf"),
        ("price=NaN", "price", "NaN"),
        ('anything=[1, {"a": NaN}]', "anything", "NaN"),
        ('order={"price": 1, "weight": NaN}', "order", "NaN"),
    ],
)
def test_a_number_that_json_lacks_is_refused(pair: str, name: str, number: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_pairs(SCHEMA, [pair], "flow")
    assert caught.value.message == (
        f"parameter {name!r}: {number} isn't a number that JSON has, and parameters travel as JSON"
    )
    assert caught.value.hint == HINT


def test_it_is_refused_however_it_came() -> None:
    with pytest.raises(UsageError) as caught:
        check_parameters(SCHEMA, {"anything": [float("nan")]}, {}, "flow")
    assert caught.value.message == (
        "the parameters don't fit 'flow': anything: nan isn't a number that JSON has, and"
        " parameters travel as JSON"
    )


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_no_digit_of_a_decimal_is_lost(number: Decimal) -> None:
    (read,) = read_pairs(SCHEMA, [f"price={number}"], "flow").values()
    assert TypeAdapter(Decimal).validate_json(json.dumps(read), strict=True) == number


def test_the_yaml_is_read_like_the_command_line(project: Any) -> None:
    project.code("""
        from decimal import Decimal
        class Flow(Runner):
            def run(self, price: Decimal, prices: list[Decimal], weight: float):
                return price, prices, weight
    """)
    project.yaml("""\
        runner: Flow
        modules: [flow]
        deployment:
          parameters: {price: 12345678901234567890.12, prices: [3.30, .5], weight: 3.30}
    """)
    prices = [Decimal("3.30"), Decimal("0.5")]
    assert repr(project.run().result) == repr((Decimal("12345678901234567890.12"), prices, 3.3))


@pytest.mark.parametrize("number", [".nan", ".inf", "-.INF"])
def test_a_number_that_json_lacks_has_its_place_in_the_yaml(project: Any, number: str) -> None:
    project.code("""
        from decimal import Decimal
        class Flow(Runner):
            def run(self, price: Decimal = Decimal(1), weight: float = 0.0): ...
    """)
    project.yaml(f"""\
        runner: Flow
        modules: [flow]
        deployment:
          parameters:
            price: {number}
            weight: {number}
    """)
    with pytest.raises(ConfigError) as caught:
        project.run()
    said = number.lower().replace(".", "")
    assert [str(problem) for problem in caught.value.problems] == [
        f"lolpop.yaml:{place}: deployment.parameters.{name}: {said} isn't a number that JSON has,"
        " and parameters travel as JSON"
        for place, name in (("5:12", "price"), ("6:13", "weight"))
    ]
