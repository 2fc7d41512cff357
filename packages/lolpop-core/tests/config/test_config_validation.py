"""Typed configurations: nested models, unknown keys, paths, and values of the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, FilePath, StrictStr, field_validator
from pydantic import model_validator as whole

from lolpop.config.env import EnvName, EnvRef
from lolpop.config.nodes import Node, plain
from lolpop.config.reader import read
from lolpop.config.validation import rebase, unset, validate
from lolpop.errors import Place
from lolpop.workflow.schema import Config


class Inner(Config):
    depth: int = 0
    paths: list[Path] = Field([])


class Left(Config):
    kind: Literal["left"] = "left"
    a: int = 0


class Right(Config):
    kind: Literal["right"] = "right"
    b: int = 0


class Outer(Config):
    seed: int = 0
    name: str = ""
    inner: Inner = Inner()
    maybe: Inner | None = None
    many: list[Inner] = Field([])
    named: dict[str, Inner] = Field({})
    deep: dict[str, list[Inner | None]] = Field({})
    either: Left | Right | None = None
    told: Annotated[Left | Right, Field(discriminator="kind")] | None = None
    renamed: int = Field(0, alias="class")
    free: dict[str, Any] = Field({})


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


def section(text: str) -> Node:
    return read(text.encode(), "f", Path("/p"))


def env(*names: str) -> Node:
    """A node as links leave it: its scalars that name variables are references."""
    return Node(EnvRef(tuple(EnvName(name) for name in names)), Place("f", 1, 1), Path("/p"))


def wrong(text: str, model: type[BaseModel] = Outer) -> list[str]:
    node = section(text)
    _, problems = validate(model, node.value, node.place, "c")
    return [f"{each}" + (f" ({each.hint})" if each.hint else "") for each in problems]


NESTED = {
    "inner: {dpth: 1}": "f:1:9: c.inner.dpth: unknown key 'dpth' (did you mean 'depth'?)",
    "maybe: {dpth: 1}": "f:1:9: c.maybe.dpth: unknown key 'dpth' (did you mean 'depth'?)",
    "many: [{dpth: 1}]": "f:1:9: c.many.0.dpth: unknown key 'dpth' (did you mean 'depth'?)",
    "named: {x: {dpth: 1}}": "f:1:13: c.named.x.dpth: unknown key 'dpth' (did you mean 'depth'?)",
    "deep: {x: [{dpth: 1}]}": (
        "f:1:13: c.deep.x.0.dpth: unknown key 'dpth' (did you mean 'depth'?)"
    ),
    "told: {kind: left, q: 1}": "f:1:20: c.told.q: unknown key 'q'",
    "inner: {depth: x}": "f:1:16: c.inner.depth: expected a whole number, got 'x'",
    "named: {x: 3}": "f:1:12: c.named.x: expected a mapping, got 3",
    "class: x": "f:1:8: c.class: expected a whole number, got 'x'",
    "renamed: 1": "f:1:1: c.renamed: unknown key 'renamed' (did you mean 'named'?)",
    "qq: 1": (
        "f:1:1: c.qq: unknown key 'qq' (expected seed, name, inner, maybe, many, named, deep,"
        " either, told, class, free)"
    ),
}


@pytest.mark.parametrize("text", NESTED)
def test_nested_values_are_checked_with_their_places(text: str) -> None:
    assert wrong(text) == [NESTED[text]]


def test_a_key_that_no_member_of_a_union_knows_is_refused() -> None:
    assert "f:1:10: c.either.q: unknown key 'q'" in wrong("either: {q: 1}")


@pytest.mark.parametrize(
    "text",
    [
        "named: {x: {depth: 1}, '*': {}}",
        "deep: {x: [{depth: 1}, null]}",
        "either: {b: 1}",
        "free: {anything: {goes: 1}}",
        "class: 1",
    ],
)
def test_what_the_model_declares_is_no_unknown_key(text: str) -> None:
    assert wrong(text) == []


def test_a_model_that_allows_further_keys_gets_them() -> None:
    node = section("a: 1\nb: 2")
    built, problems = validate(Open, node.value, node.place, "")
    assert (problems, built.model_dump()) == ([], {"a": 1, "b": 2})


def test_missing_values_point_at_the_section() -> None:
    class Needs(Config):
        a: int
        inner: list[Left]
        told: Inner | None = None

    class Whole(Config):
        needs: Needs
        other: int

    assert wrong("needs: {inner: []}", Whole) == [
        "f:1:8: c.needs.a: a value is required",
        "f:1:1: c.other: a value is required",
    ]


class Secretive(Config):
    token: str = ""
    size: int = 0
    other: str = ""

    @field_validator("token")
    @classmethod
    def _says_it(cls, value: str) -> str:
        if "hush" in value:
            raise ValueError(f"{value!r} is bad")
        return value

    @whole(mode="after")
    def _says_all(self) -> Secretive:
        if "shout" in self.token:
            raise ValueError(f"{self.token!r} doesn't go with {self.other!r}")
        return self


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("token", "hush", "f:1:1: c.token: not a valid value, got ${env:A}"),
        ("size", "hush", "f:1:1: c.size: expected a whole number, got ${env:A}"),
        ("token", "shout", "f:9:1: c: not a valid value, got a mapping"),
    ],
)
def test_no_message_holds_a_value_of_the_environment(key: str, value: str, message: str) -> None:
    values = {key: env("A"), "other": section("x")}
    _, problems = validate(Secretive, values, Place("f", 9, 1), "c", {"A": value})
    assert [str(problem) for problem in problems] == [message]


def test_a_value_in_the_file_may_be_repeated_by_its_validator() -> None:
    assert wrong("token: hush!", Secretive) == ["f:1:8: c.token: 'hush!' is bad, got 'hush!'"]


def test_values_that_wait_for_the_environment_are_kept_as_references() -> None:
    values = {"seed": env("A"), "name": section("x")}
    built, problems = validate(Outer, values, Place("f", 1, 1), "")
    assert problems == []
    assert (built.seed, built.name) == (EnvRef((EnvName("A"),)), "x")


def test_values_of_the_environment_are_typed() -> None:
    built, problems = validate(Outer, {"seed": env("A")}, Place("f", 1, 1), "", {"A": "7"})
    assert (problems, built.seed) == ([], 7)


def test_the_rest_is_checked_while_a_value_waits() -> None:
    values = {"seed": env("A"), "name": section("3")}
    _, problems = validate(Outer, values, Place("f", 1, 1), "c")
    assert [str(problem) for problem in problems] == ["f:1:1: c.name: expected a string, got 3"]


def test_the_rest_of_a_nested_model_is_checked_while_a_value_waits() -> None:
    mapping = Node({"depth": env("A"), "pths": section("x")}, Place("f", 2, 1), Path("/p"))
    built, problems = validate(Outer, {"inner": mapping}, Place("f", 1, 1), "c")
    assert [(str(each), each.hint) for each in problems] == [
        ("f:1:1: c.inner.pths: unknown key 'pths'", "did you mean 'paths'?")
    ]
    assert built.inner.depth == EnvRef((EnvName("A"),))


def test_unset_variables_are_found_wherever_they_are() -> None:
    node = Node(
        {"a": Node([env("A"), env("B")], Place("f", 1, 1), Path("/p"))},
        Place("f", 1, 1),
        Path("/p"),
    )
    assert [(str(each), each.hint) for each in unset(node, "c", {"A": ""})] == [
        (
            "f:1:1: c.a.1: environment variable 'B' isn't set",
            "set it, or give a default: ${env:B:-default}",
        )
    ]


class Files(Config):
    inner: Inner = Inner()


PATHS: list[tuple[Any, str, Any]] = [
    (Path, "x.csv", "conf/x.csv"),
    (Path, "../x.csv", "x.csv"),
    (Path, "../../x.csv", "OUTSIDE/x.csv"),
    (Path, "/abs/x", "/abs/x"),
    (Path, "~/x", "HOME/x"),
    (Path, "~nosuchuser/x", "~nosuchuser/x"),
    (Path, '"a\\0b"', "a\0b"),
    (FilePath, "x", "conf/x"),
    (Path | None, "x", "conf/x"),
    (Path | None, "null", None),
    (FilePath | None, "x", "conf/x"),
    (list[Path], "[x, ../y]", ["conf/x", "y"]),
    (list[FilePath], "[x]", ["conf/x"]),
    (Sequence[Path], "[x]", ["conf/x"]),
    (set[Path], "[x]", ["conf/x"]),
    (list[Path] | Path, "x", "conf/x"),
    (list[Path] | Path, "[x]", ["conf/x"]),
    (tuple[str, Path], "[x, y]", ["x", "conf/y"]),
    (tuple[Path, ...], "[x, y]", ["conf/x", "conf/y"]),
    (dict[str, Path], "{x: y}", {"x": "conf/y"}),
    (dict[Path, str], "{x: y}", {"x": "y"}),
    (Mapping[str, list[Path] | None], "{x: [y]}", {"x": ["conf/y"]}),
    (Files, "{inner: {paths: [x]}}", {"inner": {"paths": ["conf/x"]}}),
    (Files | None, "{inner: {paths: [x]}}", {"inner": {"paths": ["conf/x"]}}),
    (list[Annotated[Path, Field(description="x")]], "[x]", ["conf/x"]),
    (Path, "3", 3),
    (str, "x", "x"),
    (str, "~/x", "~/x"),
    (Any, "x", "x"),
    (str | Path, "x", "x"),
    (StrictStr | Path, "x", "x"),
    (list, "[x]", ["x"]),
    (dict[str, str], "{x: ../y}", {"x": "../y"}),
]


@pytest.mark.parametrize(("annotation", "text", "value"), PATHS, ids=str)
def test_paths_of_a_file_in_a_subfolder_start_at_the_project(
    annotation: Any, text: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    folder = tmp_path / "project"
    (folder / "conf").mkdir(parents=True)
    node = read(text.encode(), "f", folder / "conf")
    if isinstance(value, str):
        value = value.replace("OUTSIDE", str(tmp_path)).replace("HOME", "/home/me")
    assert plain(rebase(annotation, node, folder)) == value


@pytest.mark.parametrize("text", ["x", "../x", "./x"])
def test_paths_of_a_file_in_the_project_folder_stay(text: str, tmp_path: Path) -> None:
    assert rebase(Path, read(text.encode(), "f", tmp_path), tmp_path).value == text


def test_a_path_from_the_environment_stays_a_reference(tmp_path: Path) -> None:
    assert rebase(Path, env("A"), tmp_path) == env("A")
