"""Both spellings, overlays, and `--set`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lolpop.config.document import Document

Complaints = Callable[..., list[str]]
Values = Callable[..., Any]
Loaded = Callable[..., Document]

SPELLINGS = [
    ("pipeline: {p: P}", {"pipelines": {"p": "P"}}),
    ("component: {c: C}", {"components": {"c": "C"}}),
    ("decorator: {d: D}", {"decorators": {"d": "D"}}),
    ("extension: [e]", {"extensions": ["e"]}),
    ("module: [m]", {"modules": ["m"]}),
    ("step: {s: {}}", {"steps": {"s": {}}}),
    ("p: {component: {c: C}}", {"p": {"components": {"c": "C"}}}),
    ("config: {component: 1, step: 2}", {"config": {"component": 1, "step": 2}}),
]


@pytest.mark.parametrize(("text", "value"), SPELLINGS)
def test_the_singular_is_the_same_section(values: Values, text: str, value: object) -> None:
    assert values(text) == value


def test_both_spellings_in_one_file_are_an_error(complaints: Complaints) -> None:
    assert complaints("pipeline: {}\npipelines: {}\nmodules: []\nmodule: []") == [
        "0.yaml:2:1: pipelines: 'pipeline' and 'pipelines' are the same section: write it once",
        "0.yaml:4:1: module: 'module' and 'modules' are the same section: write it once",
    ]


def test_both_spellings_in_one_pipeline_are_an_error(complaints: Complaints) -> None:
    assert complaints("pipelines: {p: P}\np: {components: {}, component: {}}") == [
        "0.yaml:2:21: p.component: 'component' and 'components' are the same section: write it once"
    ]


def test_spellings_of_two_files_merge(values: Values) -> None:
    layers = ("component: {a: A, b: B}", "components: {b: C}", "component: {a: null}")
    assert values(*layers, overrides=("component.d=D",)) == {"components": {"b": "C", "d": "D"}}


OVERLAYS = [
    ("a: {x: 1, y: 2}", "a: {y: 3, z: 4}", {"a": {"x": 1, "y": 3, "z": 4}}),
    ("a: [1, 2]", "a: [3]", {"a": [3]}),
    ("a: {x: {y: 1, z: 2}}", "a: {x: {y: null}}", {"a": {"x": {"z": 2}}}),
    ("a: {x: 1}", "a: null", {}),
    ("a: {x: 1}", "a: 2", {"a": 2}),
    ("a: 2", "a: {x: 1, y: null}", {"a": {"x": 1}}),
    ("b: 1", "a: {x: {y: null}}", {"b": 1, "a": {"x": {}}}),
    ("a: {x: null}", "b: 1", {"a": {"x": None}, "b": 1}),
    ("a: {7: x, true: y}", 'a: {"7": z, "true": null}', {"a": {7: "z"}}),
    ("a: 1", "", {"a": 1}),
]


@pytest.mark.parametrize(("base", "over", "merged"), OVERLAYS)
def test_overlays(values: Values, base: str, over: str, merged: object) -> None:
    assert values(base, over) == merged


def test_overlays_go_left_to_right_and_keep_the_order_of_keys(values: Values) -> None:
    found = values("a: 1\nb: 1\nc: 1", "c: 2\nb: 2", "c: 3\nd: 3", overrides=("c=4", "c=5"))
    assert list(found.items()) == [("a", 1), ("b", 2), ("c", 5), ("d", 3)]


def test_a_problem_stands_where_the_last_layer_says_it(complaints: Complaints) -> None:
    assert complaints("order: data", "\n\norder: both") == [
        "1.yaml:3:8: order: expected 'program' or 'data', got 'both'"
    ]


OVERRIDES = [
    ("a=1", {"a": 1}),
    ("a.b=1e-3", {"a": {"b": 0.001}}),
    ('steps."train.fit".retries=2', {"steps": {"train.fit": {"retries": 2}}}),
    ('a."x=y\\"z"=1', {"a": {'x=y"z': 1}}),
    ('a.""=1', {"a": {"": 1}}),
    (" a.b = x=y", {"a": {"b": "x=y"}}),
    ("a={x: [1, yes]}", {"a": {"x": [1, "yes"]}}),
    ("a=x: 1\ny: 2", {"a": {"x": 1, "y": 2}}),
    ("a=", {}),
    ("a= \t", {}),
    ("a=null", {}),
    ("a=# nothing", {}),
    ("a=''", {"a": ""}),
    ("steps.train[2]*?.retries=1", {"steps": {"train[2]*?": {"retries": 1}}}),
]


@pytest.mark.parametrize(("argument", "value"), OVERRIDES)
def test_set_lays_one_value_over_the_files(values: Values, argument: str, value: object) -> None:
    assert values("", overrides=(argument,)) == value


def test_set_with_nothing_deletes(values: Values) -> None:
    assert values("config: {a: 1, b: 2}", overrides=("config.a=",)) == {"config": {"b": 2}}


def test_set_finds_keys_that_are_numbers_in_the_file(values: Values) -> None:
    assert values("config: {w: {1: a}}", overrides=("config.w.1=b",)) == {"config": {"w": {1: "b"}}}


@pytest.mark.parametrize(
    "argument", ["", "a", "=1", "a..b=1", ".a=1", "a.=1", 'a"b=1', "a b=1", "a." * 60 + "a=1"]
)
def test_set_without_path_and_value_is_refused(complaints: Complaints, argument: str) -> None:
    assert complaints("", overrides=(argument,)) == [
        f"--set:1:1: {argument!r} isn't of the form PATH=VALUE"
        " (for example --set config.seed=7 or --set 'steps.\"train.fit\".retries=2')"
    ]


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("a=\udcff", "--set:1:1: 'a=\\udcff' isn't UTF-8 text"),
        ("\ud800=1", "--set:1:1: '\\ud800=1' isn't UTF-8 text"),
        ("config.a=!x 1", "--set:1:10: the tag '!x' isn't allowed (only plain YAML is read)"),
        ("config.a={x: 1, x: 2}", "--set:1:17: duplicate key 'x', first on line 1"),
        ("config.a=[$]", "--set:1:11: config.a.0: a bare '$'"),
        ("a=\x07", "--set:1:3: not YAML: the character '\\x07' isn't allowed"),
        ("a=x: 1\n@", "--set:2:1: not YAML: while scanning for the next token, "),
    ],
)
def test_a_wrong_value_is_shown_in_its_argument(
    complaints: Complaints, argument: str, problem: str
) -> None:
    assert complaints("", overrides=(argument,))[0].startswith(problem)


def test_paths_in_an_override_start_at_the_project_folder(loaded: Loaded, tmp_path: Path) -> None:
    node = loaded("", overrides=("config.a=x",)).root.get("config")
    assert node is not None
    assert (node.base, node.get("a").base) == (tmp_path, tmp_path)
