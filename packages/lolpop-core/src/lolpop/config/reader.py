"""From the bytes of a YAML file to located values: YAML 1.2's core schema, and only safe YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

import yaml

from lolpop.config.nodes import Key, Node, Scalar
from lolpop.config.paths import written
from lolpop.errors import ConfigError, Place, Problem

_TAG = "tag:yaml.org,2002:"
_MOST_NODES = 100_000
_DEEPEST = 50
_LONGEST_NUMBER = 1000
_SURROGATES = re.compile("[\ud800-\udfff]")
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
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node, unless it lies too deep for Python's stack."""
        if self.depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem=f"nested more than {_DEEPEST} deep", problem_mark=mark
            )
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> Any:
        """Scan quoted text; PyYAML doesn't expect escapes beyond Unicode."""
        mark = self.get_mark()
        try:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        except (OverflowError, ValueError) as error:
            message = "an escape in this text is no Unicode character"
            raise yaml.MarkedYAMLError(problem=message, problem_mark=mark) from error


for _name, _pattern, _first in _SCALARS:
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)

RESOLVERS = _CoreLoader.yaml_implicit_resolvers


def read(content: bytes, label: str, base: Path, column: int = 1) -> Node:
    """Read a YAML document.

    Args:
        content: The file's bytes, UTF-8.
        label: What messages call the file.
        base: The folder that relative paths in it start at.
        column: Where its first line starts.

    Returns:
        The document; an empty one is null.

    Raises:
        ConfigError: It isn't YAML, isn't safe, or has duplicate keys; with positions.
    """
    source = _Source(label, column)
    text = _decoded(content, source)
    try:
        composed = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax_problem(error, source, text)]) from error
    except yaml.reader.ReaderError as error:
        place = source.end_of(text[: error.position])
        message = f"not YAML: the character {chr(_code(error))!r} isn't allowed"
        raise ConfigError([Problem(message, place)]) from error
    if composed is None:
        return Node(None, source.place(0, 0), base)
    return _Conversion(source, base).run(composed)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a text comes from, to turn positions from 0 in it into places."""

    label: str
    column: int

    def place(self, line: int, column: int) -> Place:
        return Place(self.label, line + 1, column + (1 if line else self.column))

    def end_of(self, text: str) -> Place:
        return self.place(text.count("\n"), len(text) - (text.rfind("\n") + 1))


def _code(error: yaml.reader.ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(str(error.character)[0])


def _decoded(content: bytes, source: _Source) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        problem = Problem("not UTF-8 text", source.end_of(before), hint="save it as UTF-8")
        raise ConfigError([problem]) from error


def _syntax_problem(error: yaml.MarkedYAMLError, source: _Source, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark and (problem := _second_document(text, mark.line, source)):
        return problem
    place = source.place(mark.line, mark.column) if mark else source.place(0, 0)
    if "'\\t'" in str(error.problem):
        return Problem("not YAML: a tab where only spaces may be", place, hint="indent with spaces")
    said = ", ".join(str(part) for part in (error.context, error.problem) if part)
    return Problem(f"not YAML: {said}", place)


def _second_document(text: str, line: int, source: _Source) -> Problem | None:
    """Explain a mark that ends a document, which documentation writes for what it leaves out."""
    lines = text.split("\n")
    for number in range(min(line, len(lines) - 1), -1, -1):
        marked = lines[number].split()[:1] if lines[number][:1] in "-." else []
        if marked == ["..."]:
            message = "the line '...' ends the document, and more follows"
            return Problem(message, source.place(number, 0), hint="take this line out")
        if marked == ["---"] and any(_says_something(each) for each in lines[:number]):
            message = "a second document begins: a configuration is one"
            hint = "write it into a file of its own, and lay that over this one with -c"
            return Problem(message, source.place(number, 0), hint=hint)
    return None


def _says_something(line: str) -> bool:
    return bool(line.strip()) and line[0] not in "#%"


class _Conversion:
    """PyYAML's nodes to ours; collects every problem of the document before it complains."""

    def __init__(self, source: _Source, base: Path) -> None:
        self.source = source
        self.base = base
        self.problems: list[Problem] = []
        self.count = 0

    def run(self, root: yaml.Node) -> Node:
        node = self.convert(root, ())
        if self.problems:
            raise ConfigError(self.problems)
        return node

    def place(self, node: yaml.Node) -> Place:
        return self.source.place(node.start_mark.line, node.start_mark.column)

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
        text = str(node.value) if isinstance(value, float) else None
        return Node(value, self.place(node), self.base, text=text)

    def check_collection_tag(self, node: yaml.Node) -> None:
        if node.tag != _TAG + ("map" if isinstance(node, yaml.MappingNode) else "seq"):
            self.refuse_tag(node)

    def refuse_tag(self, node: yaml.Node) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self.complain(node, f"the tag {tag!r} isn't allowed", "only plain YAML is read")

    def mapping(self, node: yaml.Node, inside: tuple[int, ...]) -> dict[Key, Node]:
        entries: dict[Key, Node] = {}
        names: dict[str, Key] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            value = self.convert(value_node, inside)
            if key is None:
                continue
            # 1 and "1" are one key too: no path could tell them apart.
            name = written(key)
            if key in entries or name in names:
                first = entries[names.get(name, key)].named_at
                self.complain(key_node, f"duplicate key {name!r}, first on line {first.line}")
                continue
            names[name] = key
            entries[key] = replace(value, key_place=self.place(key_node))
        return entries

    def key(self, node: yaml.Node) -> Key | None:
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, "a key must be a string or a number")
            return None
        key = self.scalar(node)
        if isinstance(key, float) and isnan(key):
            self.complain(node, "a key must be a string or a number")
            return None
        if key is None and node.tag == _TAG + "null":
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
            return self.text(node)
        if name not in _PATTERNS or not node.tag.startswith(_TAG):
            self.refuse_tag(node)
            return None
        if not _PATTERNS[name].fullmatch(node.value):
            self.complain(node, f"{node.value!r} isn't of the kind that its tag '!!{name}' says")
            return None
        return self.number_or_word(node, name)

    def text(self, node: yaml.ScalarNode) -> str:
        """Join escaped surrogates, as JSON writes them, and refuse the half of a pair."""
        if not _SURROGATES.search(node.value):
            return str(node.value)
        joined: str = node.value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "\ufffd" in joined:
            self.complain(node, "half a surrogate pair is no character")
        return joined

    def number_or_word(self, node: yaml.ScalarNode, name: str) -> Scalar:
        text = str(node.value)
        if name == "null":
            return None
        if name == "bool":
            return text.lower() == "true"
        if name == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if len(text) > _LONGEST_NUMBER:
            self.complain(node, f"a number of {len(text)} digits", "put it in quotes")
            return None
        return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
