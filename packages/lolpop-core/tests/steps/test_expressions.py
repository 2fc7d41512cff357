"""Values come back from their expressions as they went in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lolpop.errors import ContractError, WorkflowError
from lolpop.steps.expressions import arguments, check_output, encode, evaluate

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.decimals(allow_nan=False)
    | st.sampled_from([Path("a/b"), Path("/x"), frozenset({1}), complex(1, 2), date, len])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=12,
)


def _nothing(name: str, keys: object) -> Any:
    raise AssertionError(f"{name} {keys} isn't there")


@settings(max_examples=100, deadline=None)
@given(_VALUES)
def test_a_value_comes_back_the_same(value: Any) -> None:
    expr = json.loads(json.dumps(encode(value), sort_keys=True))
    back = evaluate(expr, _nothing, {})
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, set) or "{" in repr(value)


def test_the_order_of_a_mapping_is_kept() -> None:
    expr = json.loads(json.dumps(encode({"b": 1, "a": {"z": 1, "y": 2}}), sort_keys=True))
    assert str(evaluate(expr, _nothing, {})) == "{'b': 1, 'a': {'z': 1, 'y': 2}}"


def test_the_same_value_gives_the_same_expression() -> None:
    assert encode({"b", "a", "c"}) == {"set": [{"value": "a"}, {"value": "b"}, {"value": "c"}]}
    assert encode(Decimal("1.5")) == encode(Decimal("1.5"))


def test_one_output_is_one_object_in_a_call() -> None:
    outputs = {"s": {"x": [1]}}

    def output(name: str, keys: tuple[int | str, ...]) -> Any:
        value: Any = json.loads(json.dumps(outputs[name]))
        for key in keys:
            value = value[key]
        return value

    call = {
        "args": [{"step": "s", "element": ["x"]}, {"list": [{"step": "s", "element": []}]}],
        "kwargs": {
            "k": {"parameter": "p", "element": [0]},
            "**": {"parameter": "q", "element": []},
        },
    }
    (part, (whole,)), kwargs = arguments(call, output, {"p": [5], "q": {"more": 1}})
    assert whole["x"] is part
    assert kwargs == {"k": 5, "more": 1}


def test_an_environment_variable_is_read_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "h")
    assert evaluate({"env": "http://${env:HOST}/$$"}, _nothing, {}) == "http://h/$"


def _looped() -> list[Any]:
    looped: list[Any] = []
    looped.append(looped)
    return looped


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a loop": (_looped, "one list is in it twice"),
    "a module": (lambda: json, "'json' can't be pickled: cannot pickle 'module' object"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_is_refused(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ContractError) as raised:
        encode(make())
    if name == "a module":
        message = "a value of type 'module' can't be pickled: cannot pickle 'module' object"
    assert raised.value.message == message


PARTS = [
    (
        [],
        2,
        {"a": 1, "b": 2},
        "the runner unpacks the output of 's' into 2, but it is of type 'dict'",
    ),
    ([], 2, (1, 2, 3), "the runner unpacks the output of 's' into 2, but it has 3"),
    (["x"], None, {}, "the runner takes ['x'] of the output of 's': KeyError: 'x'"),
]


@pytest.mark.parametrize(("element", "length", "output", "message"), PARTS)
def test_an_output_that_the_runner_cannot_take_apart(
    element: list[Any], length: int | None, output: Any, message: str
) -> None:
    call = {"parts": [{"element": element, "length": length}]}
    with pytest.raises(WorkflowError) as raised:
        check_output("s", call, output)
    assert raised.value.message == message
    assert raised.value.hint == ("return a tuple" if isinstance(output, dict) and output else None)
