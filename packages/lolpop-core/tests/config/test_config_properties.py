"""Whatever comes in: a configuration, or a ConfigError that says where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lolpop.config.document import Document, load
from lolpop.config.env import EnvRef
from lolpop.config.expressions import Link, parse
from lolpop.config.nodes import plain
from lolpop.config.paths import join, split
from lolpop.config.sections import divide
from lolpop.config.writer import write
from lolpop.errors import ConfigError, ExpressionError
from lolpop.workflow.check import settings_of

FRAGMENTS = [
    *("&a", "*a", "&b ", "*b", "<<", "!!python/object:x", "!!int", "!!float", "!x", "!", "!!str"),
    *("$", "$$", "$config", "$config.a", ".a", "${env:A}", "${env:", "${env:A:-x}", '."x.y"'),
    *("{", "}", "[", "]", ":", ": ", ", ", "- ", "? ", "| ", "> ", "'", '"', "#", "%", "@", "`"),
    *("\n", "\n  ", "\n    ", "\t", " ", "\r", "---\n", "...\n", "%YAML 1.2\n", "~", "null"),
    *("config", "pipelines", "pipeline", "components", "steps", "step", "deployment", "package"),
    *("runner", "orchestrator", "decorators", "modules", "storage", "order", "parameters", "p"),
    *("a", "1", "true", "1e-3", "1e999", "0x", "0o7", ".nan", ".inf", "9" * 1200, "10s", "timeout"),
    *("\\ud800", '"\\U00110000"', '"\\0"', "\ufeff", "\u2028", "\x85", "\x00", "é", "😀"),
]
YAML_LIKE = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)
FEW = settings(max_examples=200, deadline=None)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def problems_of(document: Document) -> list[Any]:
    problems = list(document.problems)
    divide(document.root, problems)
    return [*problems, *settings_of(document)[1]]


def attempt(folder: Path, content: bytes, overrides: tuple[str, ...] = ()) -> Document | None:
    """Load, and check that every problem has a place."""
    file = folder / "lolpop.yaml"
    file.write_bytes(content)
    try:
        document = load([file], overrides)
        problems = problems_of(document)
    except ConfigError as error:
        document, problems = None, list(error.problems)
        assert problems
    for problem in problems:
        assert problem.place is not None
        assert problem.place.file in (str(file), "--set")
        assert min(problem.place.line, problem.place.column) >= 1
        str(problem).encode()
    return document


@FEW
@given(st.binary(max_size=60))
def test_any_bytes(folder: Path, content: bytes) -> None:
    attempt(folder, content)


@FEW
@given(st.text(max_size=60))
@example("config: {a: " + "[" * 49 + "]" * 49 + "}")
def test_any_text(folder: Path, text: str) -> None:
    attempt(folder, text.encode("utf-8", "surrogatepass"))


@FEW
@given(YAML_LIKE)
@example("pipelines: {p: P}\np: $config\nconfig: {a: $p}")
@example("1: 2\n1e0: 3")
def test_anything_like_yaml(folder: Path, text: str) -> None:
    attempt(folder, text.encode("utf-8", "surrogatepass"))


def shapes() -> st.SearchStrategy[Any]:
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(FRAGMENTS), st.text()
    )
    keys = st.one_of(st.sampled_from([f for f in FRAGMENTS if f.isalpha()]), st.text(max_size=5))
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=15,
    )


@FEW
@given(st.dictionaries(st.sampled_from([f for f in FRAGMENTS if f.isalpha()]), shapes()))
def test_any_shape(folder: Path, shape: dict[str, Any]) -> None:
    attempt(folder, yaml.safe_dump(shape).encode())


@FEW
@given(st.one_of(st.text(max_size=30), YAML_LIKE.map("config.a=".__add__), YAML_LIKE))
@example("config.\udcff=1")
@example("=" * 3)
def test_any_override(folder: Path, argument: str) -> None:
    attempt(folder, b"config: {a: {b: 1}}", (argument,))


@FEW
@given(st.one_of(st.text(), YAML_LIKE))
def test_any_expression(text: str) -> None:
    try:
        found = parse(text)
    except ExpressionError:
        assert "$" in text
    else:
        assert isinstance(found, (str, Link, EnvRef))


@FEW
@given(st.lists(st.text(), min_size=1))
def test_a_path_that_is_written_reads_as_the_same(keys: list[str]) -> None:
    assert split(join(*keys)) == tuple(keys)


# No halves of surrogate pairs: they are no text.
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    PRINTABLE.map(lambda text: text.replace("$", "$$")),
    st.sampled_from(
        ["yes", "1:30", "2026-01-01", "0o7", "1e3", "=", "<<", "", " ", "~", "a\n b\n", "- x", "$$"]
    ),
    st.sampled_from(["${env:A}", "x${env:A:-y $}z$$", "${env:A:-}\n"]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(PRINTABLE.filter("<<".__ne__), inner, max_size=3)
    ),
    max_leaves=12,
)


@FEW
@given(TREES)
@example("x" * 200)
@example({"x" * 200: "$$" * 100})
def test_what_is_written_reads_as_the_same(folder: Path, tree: Any) -> None:
    text = yaml.safe_dump({"config": {"a": tree}}, allow_unicode=True)
    first = attempt(folder, text.encode())
    assert first is not None
    second = attempt(folder, write(first.root).encode())
    assert second is not None
    assert plain(second.root) == plain(first.root)
    assert repr(plain(second.root)) == repr(plain(first.root))
