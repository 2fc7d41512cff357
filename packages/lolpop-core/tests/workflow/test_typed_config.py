from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lolpop.errors import ConfigError

CODE = """
from pathlib import Path
import pydantic

class Inner(pydantic.BaseModel):
    size: int = 1

class Reader(Component):
    class Config(Config):
        path: Path
        limit: Inherited[int] = 10
        kind: str = pydantic.Field("csv", alias="format")
        inner: Inner = Inner()

class Open(Component):
    class Config(Config, extra="allow"):
        known: int = 1

class Part(Pipeline):
    class Config(Config):
        rate: float = 0.5

class Flow(Runner):
    class Config(Config):
        seed: int = 1

    def run(self): pass
"""
BASE = "runner: Flow\nmodules: [flow]\npipelines: {part: Part}\n"


@pytest.fixture
def configured(project: Any) -> Any:
    project.code(CODE)

    def _configured(text: str) -> Any:
        project.yaml(BASE + text)
        return project

    return _configured


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("config: {sed: 1}", "4:10: config.sed: unknown key 'sed' (did you mean 'seed'?)"),
        ("config: {xyz: 1}", "4:10: config.xyz: unknown key 'xyz' (expected seed)"),
        (
            "config: {rate: 1}",
            "4:10: config.rate: unknown key 'rate'"
            " (put it under part.config, or type it Inherited[…] there)",
        ),
        ("config: {seed: x}", "4:16: config.seed: expected a whole number, got 'x'"),
        ("config: {seed: 1.5}", "4:16: config.seed: expected a whole number, got 1.5"),
        ("part: {config: {rate: []}}", "4:23: part.config.rate: expected a number, got a list"),
        ("part: {config: [1]}", "4:16: part.config: expected a mapping, got a list"),
    ],
)
def test_values_that_do_not_fit(configured: Any, text: str, expected: str) -> None:
    assert configured(text).problems() == [f"lolpop.yaml:{expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{limit: 5}", "5:1: reader.config.path: a value is required"),
        (
            "{path: a, kind: b}",
            "5:28: reader.config.kind: unknown key 'kind' (expected path, limit, format, inner)",
        ),
        ("{path: a, format: 1}", "5:36: reader.config.format: expected a string, got 1"),
        (
            "{path: a, inner: {sze: 2}}",
            "5:36: reader.config.inner.sze: unknown key 'sze' (did you mean 'size'?)",
        ),
        (
            "{path: a, inner: {size: b}}",
            "5:42: reader.config.inner.size: expected a whole number, got 'b'",
        ),
    ],
)
def test_nested_models_aliases_and_required_values(
    configured: Any, text: str, expected: str
) -> None:
    made = configured(f"components: {{reader: Reader}}\nreader: {{config: {text}}}")
    assert made.problems() == [f"lolpop.yaml:{expected}"]


def config_of(project: Any, name: str) -> Any:
    return getattr(project.tree().runner, name).config


def test_values_arrive_with_their_types(configured: Any) -> None:
    made = configured(
        "components: {reader: Reader}\n"
        "reader: {config: {path: a.csv, format: tsv, inner: {size: 3}}}\n"
    )
    config = config_of(made, "reader")
    assert (config.path, config.limit, config.kind, config.inner.size) == (
        Path("a.csv"),
        10,
        "tsv",
        3,
    )


def test_a_model_that_allows_more_gets_more(configured: Any) -> None:
    made = configured("components: {x: Open}\nx: {config: {known: 2, other: [1]}}\n")
    config = config_of(made, "x")
    assert (config.known, config.other) == (2, [1])


def test_the_config_cannot_be_changed(configured: Any) -> None:
    config = configured("").tree().runner.config
    with pytest.raises(Exception, match="frozen"):
        config.seed = 2


NESTED = """
class Leaf(Component):
    class Config(Config):
        limit: Inherited[int]
class Optional(Component):
    class Config(Config):
        limit: Inherited[int] = 7
class Part(Pipeline):
    class Config(Config):
        limit: Inherited[int] = 3
class Flow(Runner):
    defaults = {"limit": 1, "sizes": {"a": [1, 2]}}
    def run(self): pass
"""
NESTED_YAML = """
runner: Flow
modules: [flow]
pipelines: {part: Part}
part:
  components: {leaf: Leaf, optional: Optional}
"""


@pytest.mark.parametrize(
    ("more", "leaf", "optional"),
    [
        ("", 3, 7),
        ("config: {limit: 20}", 20, 20),
        ("  config: {limit: 30}\nconfig: {limit: 20}", 30, 30),
        ("  leaf: {config: {limit: 40}}\nconfig: {limit: 20}", 40, 20),
    ],
)
def test_the_nearest_parent_gives_what_is_inherited(
    project: Any, more: str, leaf: int, optional: int
) -> None:
    project.code(NESTED)
    project.write("lolpop.yaml", NESTED_YAML + more)
    part = project.tree().runner.part
    assert (part.leaf.config.limit, part.optional.config.limit) == (leaf, optional)


def test_a_required_value_may_be_a_parents_default(project: Any) -> None:
    project.code(
        """
        class Leaf(Component):
            class Config(Config):
                sizes: Inherited[dict[str, list[int]]]
        class Flow(Runner):
            defaults = {"sizes": {"a": [1, 2]}}
            def run(self): pass
        """
    )
    project.yaml("runner: flow:Flow\ncomponents: {leaf: flow:Leaf}\n")
    assert project.tree().runner.leaf.config.sizes == {"a": [1, 2]}


def test_nobody_gives_what_is_inherited(project: Any) -> None:
    project.code(
        """
        class Leaf(Component):
            class Config(Config):
                limit: Inherited[int]
        class Flow(Runner):
            def run(self): pass
        """
    )
    project.yaml("runner: flow:Flow\ncomponents: {leaf: flow:Leaf}\n")
    assert project.problems() == ["lolpop.yaml:2:14: leaf.config.limit: a value is required"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "class Config: pass",
            "Flow.Config isn't a pydantic model (write `class Config(lolpop.Config):`)",
        ),
        (
            "defaults = ['a']",
            "Flow.defaults isn't a mapping (write `defaults = {'key': value}`)",
        ),
    ],
)
def test_a_config_of_another_kind(project: Any, body: str, message: str) -> None:
    project.code(f"class Flow(Runner):\n    {body}\n    def run(self): pass\n")
    project.yaml("runner: flow:Flow\nconfig: {a: 1}\n")
    assert project.problems() == [f"lolpop.yaml:1:9: {message}"]


def test_a_variable_is_skipped_by_the_check_and_read_on_building(
    configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = configured("config: {seed: '${env:SEED_OF_TEST}'}")
    made.check()
    monkeypatch.setenv("SEED_OF_TEST", "9")
    assert made.tree().runner.config.seed == 9
    monkeypatch.setenv("SEED_OF_TEST", "many")
    with pytest.raises(ConfigError) as caught:
        made.tree()
    assert str(caught.value) == (
        "lolpop.yaml:4:16: config.seed: expected a whole number, got ${env:SEED_OF_TEST}"
    )


def test_every_unset_variable_is_named(configured: Any) -> None:
    made = configured("config: {seed: '${env:UNSET_A}'}\npart: {config: {rate: '${env:UNSET_B}'}}")
    with pytest.raises(ConfigError) as caught:
        made.tree()
    assert str(caught.value) == (
        "2 problems in the configuration\n"
        "  lolpop.yaml:4:16: config.seed: environment variable 'UNSET_A' isn't set"
        " (set it, or give a default: ${env:UNSET_A:-default})\n"
        "  lolpop.yaml:5:23: part.config.rate: environment variable 'UNSET_B' isn't set"
        " (set it, or give a default: ${env:UNSET_B:-default})"
    )


def test_without_validation_wrong_values_arrive_as_they_are(configured: Any) -> None:
    made = configured("config: {seed: x, more: 1}")
    assert made.tree(skip_validation=True).runner.config.seed == "x"
