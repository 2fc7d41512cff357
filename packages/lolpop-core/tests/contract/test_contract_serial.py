"""The round trip of every contract value, and what is said about bad data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lolpop import contract
from lolpop.contract import (
    Action,
    Deployment,
    DeploymentSpec,
    Edge,
    LogLine,
    Plan,
    Run,
    RunRef,
    Step,
    StepGraph,
    StepSettings,
    Workflow,
    canonical_json,
    from_json,
    to_json,
)
from lolpop.errors import ContractError

VALUES = [
    kind
    for name in contract.__all__
    if not name.endswith("Options") and is_dataclass(kind := getattr(contract, name))
]
ZONES = st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Any: PLAIN,
    NoneType: st.none(),
    str: st.text(max_size=8),
    int: st.integers(),
    float: NUMBERS,
    bool: st.booleans(),
    Path: st.text(st.characters(exclude_characters="\0"), max_size=8).map(Path),
    datetime: st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=ZONES),
}
EXAMPLES = {
    str: "a",
    int: 1,
    Path: Path("a"),
    datetime: datetime(2024, 5, 1, tzinfo=UTC),
}


def field_values(hint: Any) -> st.SearchStrategy[Any]:
    """Generate what a field with this annotation may hold."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if origin is UnionType:
        return st.one_of([field_values(each) for each in inner])
    if origin is tuple:
        return st.lists(field_values(inner[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(st.text(max_size=8), field_values(inner[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return values(hint)


def values(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Generate contract values; a graph's rules hold for one without steps."""
    if kind is StepGraph:
        return st.builds(StepGraph, steps=st.just(()), groups=st.just(()))
    hints = get_type_hints(kind)
    given = {name: field_values(hint) for name, hint in hints.items() if name != "schema_version"}
    return st.builds(kind, **given)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_value_comes_back_equal_through_json_text(kind: type, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    assert from_json(kind, json.loads(json.dumps(to_json(value)))) == value


def test_a_graph_with_steps_comes_back_equal() -> None:
    load = Step(name="process.load", parameters=("seed",), source="process.py:3", doc="Load.")
    fit = Step(
        name="train.fit",
        after=("process.load",),
        edges=(Edge("process.load", (0, "x"), "frame"),),
        call={"method": "fit", "args": [{"$step": "process.load"}]},
    )
    graph = StepGraph(steps=(load, fit))
    assert from_json(StepGraph, json.loads(json.dumps(to_json(graph)))) == graph


def test_the_json_of_a_value_is_plain() -> None:
    ref = RunRef("PrefectOrchestrator", "penguins", "7f3a")
    paris = timezone(timedelta(hours=2))
    run = Run(
        ref=ref, state=contract.RunState.QUEUED, created_at=datetime(2024, 5, 1, 8, 0, 0, 5, paris)
    )
    assert to_json(run) == {
        "ref": {
            "orchestrator": "PrefectOrchestrator",
            "deployment": "penguins",
            "run_id": "7f3a",
        },
        "state": "queued",
        "engine_state": None,
        "parent_run_id": None,
        "url": None,
        "created_at": "2024-05-01T06:00:00.000005+00:00",
        "started_at": None,
        "ended_at": None,
    }


def test_a_time_with_the_letter_for_utc_is_read_on_every_python() -> None:
    line = from_json(LogLine, {"text": "hello", "time": "2024-05-01T06:00:00Z"})
    assert line == LogLine(text="hello", time=datetime(2024, 5, 1, 6, tzinfo=UTC))


def test_fields_that_may_be_missing_get_their_default() -> None:
    assert from_json(Step, {"name": "train.fit"}) == Step(name="train.fit")


def test_a_whole_number_is_read_where_seconds_stand() -> None:
    settings = from_json(StepSettings, {"timeout": 60})
    assert isinstance(settings.timeout, float)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_unknown_fields_are_ignored_at_every_level(kind: type) -> None:
    def widen(data: Any) -> Any:
        if isinstance(data, list):
            return [widen(each) for each in data]
        if not isinstance(data, dict) or not data:
            return data
        return {"from a newer release": 1, **{key: widen(each) for key, each in data.items()}}

    value = _smallest(kind)
    assert from_json(kind, widen(to_json(value))) == value


def _smallest(kind: type[Any]) -> Any:
    hints = get_type_hints(kind)
    required = [f.name for f in fields(kind) if f.default is MISSING is f.default_factory]
    return kind(**{name: _example(hints[name]) for name in required})


def _example(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        return () if item is Step else (_example(item),)
    if get_origin(hint) is Mapping:
        return {"from a newer release": 1}  # a mapping keeps whatever it is given
    if is_dataclass(hint):
        return _smallest(hint)  # type: ignore[arg-type]
    if issubclass(hint, Enum):
        return next(iter(hint))
    return EXAMPLES[hint]


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (RunRef, 3, "RunRef: expected an object, found 3"),
        (
            RunRef,
            {"deployment": "p", "run_id": "1"},
            "RunRef: the field 'orchestrator' is missing, found 'deployment', 'run_id'",
        ),
        (RunRef, {}, "RunRef: the field 'orchestrator' is missing, found nothing"),
        (Step, {"name": 3}, "Step.name: expected a string, found 3"),
        (Step, {"name": "a", "after": "b"}, "Step.after: expected a list, found 'b'"),
        (Step, {"name": "a", "after": [1]}, "Step.after[0]: expected a string, found 1"),
        (Step, {"name": "a", "call": []}, "Step.call: expected an object, found []"),
        (Step, {"name": "a", "call": {1: 2}}, "Step.call: expected string keys, found 1"),
        (
            Edge,
            {"source": "a", "element": [1.5]},
            "Edge.element[0]: expected int or str, found 1.5",
        ),
        (
            StepGraph,
            {"steps": [{"name": "a"}, {"doc": None}]},
            "StepGraph.steps[1]: the field 'name' is missing, found 'doc'",
        ),
        (
            StepGraph,
            {"steps": [], "order": "random"},
            "StepGraph.order: expected one of 'program', 'data', found 'random'",
        ),
        (
            StepSettings,
            {"retries": True},
            "StepSettings.retries: expected a whole number, found True",
        ),
        (
            StepSettings,
            {"retries": 1.0},
            "StepSettings.retries: expected a whole number, found 1.0",
        ),
        (StepSettings, {"timeout": "1h"}, "StepSettings.timeout: expected a number, found '1h'"),
        (
            StepSettings,
            {"retry_delay": None},
            "StepSettings.retry_delay: expected a number, found None",
        ),
        (
            LogLine,
            {"text": "a", "time": "noon"},
            "LogLine.time: expected an ISO 8601 time with its offset, found 'noon'",
        ),
        (
            LogLine,
            {"text": "a", "time": "2024-05-01T06:00:00"},
            "LogLine.time: expected an ISO 8601 time with its offset, found '2024-05-01T06:00:00'",
        ),
        (
            LogLine,
            {"text": "a", "time": 1714543200},
            "LogLine.time: expected an ISO 8601 time with its offset, found 1714543200",
        ),
        (
            Workflow,
            {"project_folder": 1},
            "Workflow.project_folder: expected a string, found 1",
        ),
        (
            contract.Stopped,
            {"deployment": "p", "schedule_suspended": 0},
            "Stopped.schedule_suspended: expected true or false, found 0",
        ),
        (
            Plan,
            {"deployment": "p", "deployment_digest": "d", "actions": [{"kind": "create"}]},
            "Plan.actions[0]: the field 'target' is missing, found 'kind'",
        ),
    ],
)
def test_bad_data_is_named(kind: type, data: object, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        from_json(kind, data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            Step(name="a", call={"args": [{1, 2}]}),
            "Step.call['args'][0]: expected a value that JSON can hold, found {1, 2}",
        ),
        (
            Step(name="a", call={"x": float("nan")}),
            "Step.call['x']: expected a value that JSON can hold, found nan",
        ),
        (Step(name="a", call={1: 2}), "Step.call: expected string keys, found 1"),  # type: ignore[dict-item]
        (
            LogLine(text="a", time=datetime(2024, 5, 1)),
            "LogLine.time: expected a time with its offset, found '2024-05-01T00:00:00'",
        ),
    ],
)
def test_what_json_cannot_hold_is_named(value: object, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        to_json(value)
    assert str(caught.value) == message


def test_a_field_type_that_the_contract_does_not_have_is_a_programming_error() -> None:
    with pytest.raises(TypeError) as caught:
        from_json(_Odd, {"when": "now"})
    assert str(caught.value) == ("contract values can't have fields of type <class 'complex'>")


@dataclass(frozen=True)
class _Odd:
    when: complex


def test_the_canonical_form_has_sorted_keys_no_spaces_and_ascii_only() -> None:
    action = Action(contract.ActionKind.CREATE, "dag é")
    assert canonical_json(action) == b'{"detail":null,"kind":"create","target":"dag \\u00e9"}'


def test_reading_does_not_change_what_it_reads() -> None:
    data = {
        "name": "p",
        "project": "b",
        "storage": "s",
        "interpreter": "i",
        "parameters": {"a": [1]},
    }
    spec = from_json(DeploymentSpec, data)
    assert spec.parameters == {"a": [1]}
    assert spec.parameters is not data["parameters"]
    assert isinstance(from_json(Deployment, to_json(_smallest(Deployment))), Deployment)
