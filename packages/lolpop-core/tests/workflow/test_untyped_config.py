from __future__ import annotations

import pickle
from copy import copy, deepcopy
from typing import Any

import pytest

from lolpop.errors import MissingValueError
from lolpop.workflow.view import ConfigView

CODE = """
class Leaf(Component):
    defaults = {"a": "leaf default", "b": "leaf default", "c": "leaf default"}
class Part(Pipeline):
    defaults = {"d": "part default", "e": "part default"}
class Flow(Runner):
    defaults = {"e": "flow default", "f": "flow default"}
    def run(self): pass
"""
YAML = """
runner: Flow
modules: [flow]
pipelines: {part: Part}
part:
  components: {leaf: Leaf}
  leaf: {config: {a: leaf}}
  config: {a: part, b: part}
config: {a: flow, b: flow, g: flow}
"""


def test_a_key_is_looked_up_in_order(project: Any) -> None:
    project.code(CODE)
    project.write("lolpop.yaml", YAML)
    assert dict(project.tree().runner.part.leaf.config) == {
        "a": "leaf",
        "b": "part",
        "c": "leaf default",
        "d": "part default",
        "e": "part default",
        "f": "flow default",
        "g": "flow",
    }


def test_defaults_are_not_shared(project: Any) -> None:
    project.code("class Flow(Runner):\n    defaults = {'a': []}\n    def run(self): pass\n")
    project.yaml("runner: flow:Flow\n")
    first, second = project.tree().runner, project.tree().runner
    first.config.a.append(1)
    assert second.config.a == []


VIEW = ConfigView({"path": "a.csv", "limit": None}, "part.reader")


def test_the_ways_to_read_a_key() -> None:
    assert VIEW["path"] == VIEW.path == VIEW.get("path") == "a.csv"
    assert VIEW.get("limit", 5) is None
    assert VIEW.get("other", 5) == 5
    assert "path" in VIEW
    assert "other" not in VIEW
    assert hasattr(VIEW, "path")
    assert not hasattr(VIEW, "other")
    assert {**VIEW} == {"path": "a.csv", "limit": None}
    assert len(VIEW) == 2
    assert repr(VIEW) == "ConfigView({'path': 'a.csv', 'limit': None})"


@pytest.mark.parametrize(
    ("view", "key", "message", "hint"),
    [
        (
            VIEW,
            "pth",
            "no value for part.reader.config.pth; there is limit, path",
            "did you mean 'path'?",
        ),
        (
            ConfigView(),
            "seed",
            "no value for config.seed; there is nothing",
            "set config.seed in the configuration",
        ),
    ],
)
def test_a_missing_key(view: ConfigView, key: str, message: str, hint: str) -> None:
    for read in (lambda: view[key], lambda: getattr(view, key)):
        with pytest.raises(MissingValueError) as caught:
            read()
        assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize("copied", [copy, deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_view_is_copied_and_pickled(copied: Any) -> None:
    made = copied(VIEW)
    assert made == VIEW
    with pytest.raises(MissingValueError, match=r"part\.reader\.config\.zzz"):
        _ = made.zzz
