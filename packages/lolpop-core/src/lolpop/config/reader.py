"""From the bytes of a YAML file to located values: YAML 1.2's core schema, and only safe YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from lolpop.config.nodes import Key, Node, Scalar
from lolpop.errors import ConfigError, Place, Problem

_TAG = "tag:yaml.org,2002:"
_MOST_NODES = 100_000
_NUMBERS = list("-+.0123456789")
_SCALARS: list[tuple[str, str, list[str]]] = [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", _NUMBERS),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        _NUMBERS,
    ),
]
_PATTERNS = {name: re.compile(pattern) for name, pattern, _ in _SCALARS}


class _CoreLoader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2; only its composer is used."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own shape


for _name, _pattern, _first in _SCALARS:
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)

RESOLVERS = _CoreLoader.yaml_implicit_resolvers


def read(content: bytes, label: str, base: Path) -> Node:
    """Read a YAML document.

    Args:
        content: The file's bytes, UTF-8.
        label: What messages call the file.
        base: The folder that relative paths in it start at.

    Returns:
        The document; an empty one is an empty mapping.

    Raises:
        ConfigError: It isn't YAML, isn't safe, or has duplicate keys; with positions.
    """
    text = _decoded(content, label)
    try:
        composed = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax_problem(error, label)]) from error
    except yaml.reader.ReaderError as error:
        place = _place_at(text[: error.position], label)
        message = f"not YAML: the character {chr(_code(error))!r} isn't allowed"
        raise ConfigError([Problem(message, place)]) from error
    except RecursionError as error:
        raise ConfigError([Problem("nested too deeply", Place(label, 1, 1))]) from error
    if composed is None:
        return Node({}, Place(label, 1, 1), base)
    return _Conversion(label, base).run(composed)


def _code(error: yaml.reader.ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(str(error.character)[0])


def _decoded(content: bytes, label: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        problem = Problem("not UTF-8 text", _place_at(before, label), hint="save it as UTF-8")
        raise ConfigError([problem]) from error


def _place_at(before: str, label: str) -> Place:
    return Place(label, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _syntax_problem(error: yaml.MarkedYAMLError, label: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(label, mark.line + 1, mark.column + 1) if mark else Place(label, 1, 1)
    if "'\\t'" in str(error.problem):
        return Problem("not YAML: a tab where only spaces may be", place, hint="indent with spaces")
    said = ", ".join(str(part) for part in (error.context, error.problem) if part)
    return Problem(f"not YAML: {said}", place)


class _Conversion:
    """PyYAML's nodes to ours; collects every problem of the document before it complains."""

    def __init__(self, label: str, base: Path) -> None:
        self.label = label
        self.base = base
        self.problems: list[Problem] = []
        self.count = 0

    def run(self, root: yaml.Node) -> Node:
        try:
            node = self.convert(root, ())
        except RecursionError as error:
            raise ConfigError([Problem("nested too deeply", self.place(root))]) from error
        if self.problems:
            raise ConfigError(self.problems)
        return node

    def place(self, node: yaml.Node) -> Place:
        return Place(self.label, node.start_mark.line + 1, node.start_mark.column + 1)

    def complain(self, node: yaml.Node, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(message, self.place(node), hint=hint))

    def convert(self, node: yaml.Node, around: tuple[int, ...]) -> Node:
        self.count += 1
        if self.count > _MOST_NODES:
            problem = Problem(f"more than {_MOST_NODES} values, aliases included", self.place(node))
            raise ConfigError([*self.problems, problem])
        if id(node) in around:
            self.complain(node, "an alias stands inside the value that it names")
            return self.made(node, None)
        if isinstance(node, yaml.ScalarNode):
            return self.made(node, self.scalar(node))
        inside = (*around, id(node))
        self.check_collection_tag(node)
        if isinstance(node, yaml.SequenceNode):
            return self.made(node, [self.convert(item, inside) for item in node.value])
        return self.made(node, self.mapping(node, inside))

    def made(self, node: yaml.Node, value: Any) -> Node:
        return Node(value, self.place(node), self.base)

    def check_collection_tag(self, node: yaml.Node) -> None:
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            self.refuse_tag(node)

    def refuse_tag(self, node: yaml.Node) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self.complain(node, f"the tag {tag!r} isn't allowed", "only plain YAML is read")

    def mapping(self, node: yaml.Node, inside: tuple[int, ...]) -> dict[Key, Node]:
        entries: dict[Key, Node] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            value = self.convert(value_node, inside)
            if key is None:
                continue
            if key in entries:
                first = entries[key].named_at
                self.complain(key_node, f"duplicate key {key!r}, first on line {first.line}")
                continue
            entries[key] = Node(value.value, value.place, self.base, self.place(key_node))
        return entries

    def key(self, node: yaml.Node) -> Key | None:
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, "a key must be a string or a number")
            return None
        key = self.scalar(node)
        if key is None:
            self.complain(node, "a key is empty", "write null in quotes if it is meant as a name")
        if key == "<<":
            self.complain(
                node,
                "merge keys ('<<') aren't part of YAML 1.2",
                "lay several -c files over each other, or link to a value: $process.config",
            )
            return None
        return key

    def scalar(self, node: yaml.ScalarNode) -> Scalar:
        name = node.tag.removeprefix(_TAG)
        if name == "str":
            return str(node.value)
        if name not in _PATTERNS or not node.tag.startswith(_TAG):
            self.refuse_tag(node)
            return None
        if not _PATTERNS[name].fullmatch(node.value):
            self.complain(node, f"{node.value!r} isn't of the kind that its tag '!!{name}' says")
            return None
        return self.number_or_word(node, name)

    def number_or_word(self, node: yaml.ScalarNode, name: str) -> Scalar:
        text = str(node.value)
        if name == "null":
            return None
        if name == "bool":
            return text.lower() == "true"
        if name == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if len(text) > 1000:
            self.complain(node, f"a number of {len(text)} digits", "put it in quotes")
            return None
        return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
