"""YAML 1.2's core schema, only what is safe, and the position of everything that is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lolpop.config.document import load
from lolpop.errors import ConfigError

Complaints = Callable[..., list[str]]
Values = Callable[..., Any]

NUMBERS = {
    "1e-3": 0.001,
    "1E3": 1000.0,
    "-.5": -0.5,
    "1.": 1.0,
    "+7": 7,
    "0777": 777,
    "0o777": 511,
    "0xff": 255,
    ".inf": float("inf"),
    "-.INF": float("-inf"),
    "1e999": float("inf"),
}
STRINGS = ["yes", "no", "on", "off", "y", "1:30", "2026-01-01", "1_000", "0b1", "0O7", "tRue", "١٢"]
WORDS = {"true": True, "FALSE": False, "null": None, "~": None, "": None}
TAGGED = {"!!str 1": "1", "!!float 1": 1.0, "! x": "x", "!!seq [1]": [1], "!!map {a: 1}": {"a": 1}}


@pytest.mark.parametrize(("text", "value"), [*NUMBERS.items(), *WORDS.items(), *TAGGED.items()])
def test_scalars_are_those_of_the_core_schema(values: Values, text: str, value: object) -> None:
    found = values(f"config: {{a: {text}}}")["config"]["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", STRINGS)
def test_everything_else_is_a_string(values: Values, text: str) -> None:
    assert values(f"config: {{a: {text}}}")["config"]["a"] == text


def test_an_alias_shares_its_value(values: Values) -> None:
    found = values("config: {a: &x [1, {b: 2}], c: *x}")["config"]
    assert found["a"] == found["c"] == [1, {"b": 2}]


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n", b"~", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_empty_mapping(values: Values, content: bytes) -> None:
    assert values(content) == {}


def test_a_byte_order_mark_is_no_part_of_the_first_key(values: Values) -> None:
    assert values(b"\xef\xbb\xbfrunner: X") == {"runner": "X"}


def test_escaped_surrogate_pairs_are_one_character(values: Values) -> None:
    assert values(r'config: {a: "\ud83d\ude00"}') == {"config": {"a": "😀"}}


def test_columns_of_windows_lines_are_right(complaints: Complaints) -> None:
    assert complaints("config: {a: 1}\r\norder: 3\r\n")[0].startswith("0.yaml:2:8: order: ")


TAGS = [
    "!!python/object/apply:os.system [x]",
    "!!python/object/new:os.system [x]",
    "!!python/object:os.system {}",
    "!!python/name:os.system ''",
    "!!python/module:os ''",
    "!!python/tuple [1]",
    "!!binary aGk=",
    "!!set {x}",
    "!!omap [a: 1]",
    "!!timestamp 2026-01-01",
    "!mine 1",
    "!!str {x: 1}",
    "!!seq {x: 1}",
    "!!map [1]",
]


@pytest.mark.parametrize("text", TAGS)
def test_only_plain_tags_are_read(complaints: Complaints, text: str) -> None:
    tag = text.split()[0]
    message = f"0.yaml:2:6: the tag {tag!r} isn't allowed (only plain YAML is read)"
    assert complaints(f"config:\n  a: {text}") == [message]


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        below = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{below}]")
    return "\n".join(lines)


REFUSED: dict[bytes | str, str] = {
    "a: 1\nb: 2\na: 3": "3:1: duplicate key 'a', first on line 1",
    "1: a\ntrue: b": "2:1: duplicate key 'true', first on line 1",
    "1: a\n1.0: b": "2:1: duplicate key '1.0', first on line 1",
    "1: a\n'1': b": "2:1: duplicate key '1', first on line 1",
    "a:\n\tb: 1": "2:1: not YAML: a tab where only spaces may be (indent with spaces)",
    b"a: 1\nb\xe9: 2": "2:2: not UTF-8 text (save it as UTF-8)",
    "a: 1".encode("utf-16"): "1:1: not UTF-8 text (save it as UTF-8)",
    b"a: \x00": "1:4: not YAML: the character '\\x00' isn't allowed",
    b"a: 1\nb: x\x07": "2:5: not YAML: the character '\\x07' isn't allowed",
    "a: 1\n---\nb: 2": (
        "2:1: a second document begins: a configuration is one"
        " (write it into a file of its own, and lay that over this one with -c)"
    ),
    "a: *x": "1:4: not YAML: found undefined alias 'x'",
    "a: &a [*a]": "1:4: an alias stands inside the value that it names",
    "a: &a {b: &b {c: *b}}": "1:11: an alias stands inside the value that it names",
    laughs(9): "1:37: more than 100000 values, aliases included",
    "a: &a {x: 1}\nb:\n  <<: *a": (
        "3:3: merge keys ('<<') aren't part of YAML 1.2"
        " (lay several -c files over each other, or link to a value: $process.config)"
    ),
    "a: " + "[" * 60 + "]" * 60: "1:54: not YAML: nested more than 50 deep",
    "[" * 100_000: "1:52: not YAML: nested more than 50 deep",
    "a: " + "9" * 5000: "1:4: a number of 5000 digits (put it in quotes)",
    "a: 0x" + "f" * 5000: "1:4: a number of 5002 digits (put it in quotes)",
    "a: !!int x": "1:4: 'x' isn't of the kind that its tag '!!int' says",
    "[a]: 1": "1:1: a key must be a string or a number",
    ".nan: 1": "1:1: a key must be a string or a number",
    "~: 1": "1:1: a key is empty (write null in quotes if it is meant as a name)",
    r'a: "\U00110000"': "1:5: not YAML: an escape in this text is no Unicode character",
    r'a: "\UFFFFFFFF"': "1:5: not YAML: an escape in this text is no Unicode character",
    r'a: "\ud83d"': "1:4: half a surrogate pair is no character",
    "a: {": "1:5: not YAML: while parsing a flow node, expected the node content,"
    " but found '<stream end>'",
    "- a": "1:1: a configuration is a mapping of sections, not a list",
    "x": "1:1: a configuration is a mapping of sections, not 'x'",
}


@pytest.mark.parametrize("content", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_read_is_refused_with_its_place(
    complaints: Complaints, content: bytes | str
) -> None:
    assert complaints(content)[0] == "0.yaml:" + REFUSED[content]


def test_all_problems_of_all_files_are_named_in_order(complaints: Complaints) -> None:
    assert complaints("b: !x 1\na: 1\na: !y 2", "c: {", overrides=("d",)) == [
        "--set:1:1: 'd' isn't of the form PATH=VALUE"
        " (for example --set config.seed=7 or --set 'steps.\"train.fit\".retries=2')",
        "0.yaml:1:4: the tag '!x' isn't allowed (only plain YAML is read)",
        "0.yaml:3:1: duplicate key 'a', first on line 2",
        "0.yaml:3:4: the tag '!y' isn't allowed (only plain YAML is read)",
        "1.yaml:1:5: not YAML: while parsing a flow node, expected the node content,"
        " but found '<stream end>'",
    ]


HINT = "name one with -c, or start a project with `lolpop init`"
UNREADABLE = {
    "none.yaml": ("no such file: 'none.yaml'", HINT),
    "~nosuchuser/x.yaml": ("no such file: '~nosuchuser/x.yaml'", HINT),
    "folder": ("'folder' is a folder", "name a file in it: -c folder/lolpop.yaml"),
    "file/x": ("can't read 'file/x': Not a directory", None),
    "a\0b": ("can't read 'a\\x00b': a name can't have a null character", None),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_opened(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(ConfigError) as caught:
        load([name])
    message, hint = UNREADABLE[name]
    assert (caught.value.message, caught.value.hint) == (f"{name}:1:1: {message}", hint)


def test_the_default_file_and_the_project_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lolpop.yaml").write_text("runner: X")
    document = load()
    assert (document.folder, document.files) == (tmp_path, (tmp_path / "lolpop.yaml",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n...\n\nb: 2\n", "2:1: the line '...' ends the document, and more follows"),
        ("...\na: 1\n", "1:1: the line '...' ends the document, and more follows"),
        ("a: 1\n... # more\nb: 1", "2:1: the line '...' ends the document, and more follows"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins: a configuration is one"),
        ("# c\n---\na: ]\n", "3:4: not YAML: while parsing a block node"),
    ],
)
def test_marks_of_documents(complaints: Complaints, text: str, said: str) -> None:
    (found,) = complaints(text)
    assert found.startswith(f"0.yaml:{said}")
    hint = {
        "the": " (take this line out)",
        "a": " (write it into a file of its own, and lay that over this one with -c)",
    }
    assert found.endswith(hint.get(said.split()[1], ""))


def test_marks_that_say_nothing(values: Values) -> None:
    assert values("# c\n---\na: 1\n...\n") == {"a": 1}


@pytest.mark.parametrize("made", ["pipe", "zero", "large", "folder"])
def test_only_a_file_of_a_sensible_size_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "/dev/zero" if made == "zero" else "c.yaml"
    if made == "pipe":
        os.mkfifo(name)
    elif made == "large":
        with Path(name).open("wb") as file:
            file.truncate(1_000_000_000)
    elif made == "folder":
        Path(name).mkdir()
    said = {
        "pipe": "can't read 'c.yaml': it is neither a regular file nor standard input",
        "zero": "can't read '/dev/zero': it is neither a regular file nor standard input",
        "large": "can't read 'c.yaml': it has more than 1 MB",
        "folder": "'c.yaml' is a folder",
    }
    with pytest.raises(ConfigError) as caught:
        load([name])
    assert caught.value.message == f"{name}:1:1: {said[made]}"
    assert caught.value.exit_code == 2
