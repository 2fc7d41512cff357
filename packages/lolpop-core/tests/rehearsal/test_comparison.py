"""Where two values differ."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from lolpop.rehearsal.comparison import difference
from lolpop.storage import Store, artifacts
from lolpop.storage.preview import type_name

NAN = float("nan")


@dataclass(frozen=True)
class Point:
    x: float
    tags: frozenset[Any] = field(default_factory=frozenset)


class Plain:
    """Equal to itself only."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Forgetful(Plain):
    def __getstate__(self) -> dict[str, Any]:
        return {"kept": self.__dict__["kept"]}


def adding(number: int) -> Any:
    return lambda given: given + number


def ring() -> list[Any]:
    made: list[Any] = [1]
    made.append(made)
    return made


def said(first: Any, second: Any, **keywords: Any) -> str | None:
    here = Path.cwd()
    found = difference(first, second, (here, here), **keywords)
    return found.said("here", "there") if found else None


EQUAL = {
    "NaN": lambda: {"a": [NAN, math.inf]},
    "arrays": lambda: np.array([[1.0, NAN], [2.0, 3.0]]),
    "arrays of objects": lambda: np.array([{"a": NAN}, [1]], dtype=object),
    "times that are none": lambda: np.array(["NaT", "2026-01-01"], dtype="datetime64[s]"),
    "numpy scalars": lambda: (np.float64(1.5), np.bool_(True), np.datetime64("NaT", "s")),
    "pandas": lambda: pd.DataFrame({"a": [1.0, NAN], "b": ["x", None]}, index=["p", "q"]),
    "pandas, twice the same name": lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "polars": lambda: pl.DataFrame({"a": [1.0, NAN], "b": ["x", None]}),
    "arrow": lambda: pa.table({"a": [1, 2]}),
    "a fitted model": lambda: LogisticRegression().fit([[0.0], [1.0], [2.0]], [0, 1, 1]),
    "an object without equality": lambda: Plain(inner=Plain(rate=NAN), rows=[np.ones(2)]),
    "slots": lambda: Slotted([1, Plain(a=1)]),
    "a frozen dataclass": lambda: Point(NAN, frozenset({"a", "b"})),
    "a set of objects without equality": lambda: {Plain(a=1)},
    "a circle": ring,
    "a closure": lambda: adding(3),
    "containers": lambda: (OrderedDict(a=1), deque([1, NAN]), Decimal("NaN"), range(3)),
    "a generator of random numbers": lambda: np.random.default_rng(3),
}


@pytest.mark.parametrize("make", EQUAL.values(), ids=EQUAL)
def test_what_is_equal(make: Any) -> None:
    assert said(make(), make()) is None


DIFFERENT: list[tuple[Any, Any, str]] = [
    (1, 2, "result is 1 here and 2 there"),
    (1, True, "result is 1 here and True there"),
    (1.0, np.float64(1.0), "result is 1.0 (float) here and 1.0 (numpy.float64) there"),
    ([1], (1,), "result is [1] here and (1,) there"),
    ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "result['a'][1]['b'] is 2 here and 3 there"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "list(result)[0] is 'a' here and 'b' there"),
    ([1, 2], [1], "result is [1, 2] here and [1] there"),
    ({"a"}, {"b"}, "result is {'a'} here and {'b'} there"),
    (np.arange(4).reshape(2, 2), np.array([[0, 1], [2, 4]]), "result[1, 1] is 3 here and 4 there"),
    (np.zeros(2), np.zeros(3), "result is ndarray 2 float64 here and ndarray 3 float64 there"),
    (
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        pd.DataFrame({"a": [1, 2], "b": ["x", "z"]}),
        "result['b'][1] is 'y' here and 'z' there",
    ),
    (
        pd.Series([1, 2], index=["a", "b"]),
        pd.Series([1, 2], index=["a", "c"]),
        f"result is Series 2 int64 ({type_name(pd.Series())}) here"
        f" and Series 2 int64 ({type_name(pd.Series())}) there",
    ),
    (
        pl.DataFrame({"a": [1, 2]}),
        pl.DataFrame({"a": [1, 3]}),
        "result['a'][1] is 2 here and 3 there",
    ),
    (
        Plain(model=SimpleNamespace(rate=0.1)),
        Plain(model=SimpleNamespace(rate=0.2)),
        "result.model.rate is 0.1 here and 0.2 there",
    ),
    (Slotted(1), Slotted(2), "result.value is 1 here and 2 there"),
    (Point(1.0), Point(2.0), "result.x is 1.0 here and 2.0 there"),
    (Decimal("1.0"), Decimal("1.1"), "result is Decimal('1.0') here and Decimal('1.1') there"),
    (datetime(2026, 1, 1), datetime(2026, 1, 2), ""),
    (adding(1), adding(2), "result.__closure__[0] is 1 here and 2 there"),
    ("x" * 99, "y" * 99, ""),
]


@pytest.mark.parametrize(("first", "second", "message"), DIFFERENT)
def test_where_values_differ(first: Any, second: Any, message: str) -> None:
    found = said(first, second)
    assert found
    assert found == (message or found)
    assert len(found) < 200


def test_values_that_pickle_can_not_take_are_asked_themselves() -> None:
    lock = threading.Lock()
    assert said([lock], [lock]) is None
    assert said(threading.Lock(), threading.Lock()) is not None


def test_files_are_compared_by_their_content(tmp_path: Path) -> None:
    rooms = tmp_path / "one", tmp_path / "other"
    for room in rooms:
        room.mkdir()
        (room / "a.txt").write_text("1")
    assert difference([rooms[0] / "a.txt"], [rooms[1] / "a.txt"], rooms) is None
    (rooms[1] / "a.txt").write_text("2")
    found = difference(Plain(path=Path("a.txt")), Plain(path=Path("a.txt")), rooms)
    assert found is not None
    assert found.path == "result.path"


def test_what_pickle_leaves_out_counts_on_demand() -> None:
    first, second = Forgetful(kept=1, dropped=2), Forgetful(kept=1, dropped=3)
    assert said(first, second) is None
    assert said(first, second, whole=True) == "result.dropped is 2 here and 3 there"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text(), inner)
        | st.builds(Plain, a=inner)
        | st.builds(Slotted, inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=10,
)


@given(VALUES)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
def test_what_comes_back_from_the_storage_is_equal(value: Any) -> None:
    store, here = Store("memory://comparison"), Path.cwd()
    again = artifacts.get(store, artifacts.put(store, value, here).digest, here)
    assert said(value, again) is None
    assert said([value], [[value]]) is not None
