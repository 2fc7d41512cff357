"""Located values: what a file says, and where it says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lolpop.config.env import EnvRef
from lolpop.config.paths import below, written
from lolpop.errors import Place, Problem

Key = str | int | float | bool
Scalar = str | int | float | bool | None

_INDEX = re.compile(r"[0-9]{1,9}")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands.

    Attributes:
        value: A scalar, an `EnvRef`, a list of nodes, or a dict of nodes.
        place: Where the value stands.
        base: The folder in which its file stands; relative paths start there.
        key_place: Where the key stands that names it, in a mapping.
        text: How a number with a fraction is written, for who needs more of it than a float
            holds.
    """

    value: Any
    place: Place
    base: Path
    key_place: Place | None = None
    text: str | None = None

    @property
    def named_at(self) -> Place:
        """Where the key stands, or the value where there is no key."""
        return self.key_place or self.place

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.value, dict)

    def items(self) -> Iterator[tuple[Key, Node]]:
        """Yield the entries of a mapping; nothing for any other value."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def get(self, key: Key) -> Node | None:
        """Give the entry of a mapping or the item of a list, or None."""
        if isinstance(self.value, dict):
            found: Node | None = self.value.get(key)
            return found
        if isinstance(self.value, list) and _INDEX.fullmatch(str(key)):
            item: Node | None = dict(enumerate(self.value)).get(int(key))
            return item
        return None

    def with_value(self, value: Any) -> Node:
        """Give the same place another value."""
        return replace(self, value=value, text=None)

    def problem(self, message: str, path: str = "", hint: str | None = None) -> Problem:
        """Make a problem that points at the value."""
        return Problem(message, self.place, path, hint)

    def key_problem(self, message: str, path: str = "", hint: str | None = None) -> Problem:
        """Make a problem that points at the key."""
        return Problem(message, self.named_at, path, hint)


def kind_of(value: Any) -> str:
    """Name the kind of a value as YAML users say it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return written(value)
    text = str(value) if isinstance(value, EnvRef) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def plain(node: Node, leaf: Callable[[Node], Any] = lambda node: node.value) -> Any:
    """Turn a node into ordinary dicts, lists and scalars; `EnvRef`s stay as they are.

    Args:
        node: What to turn.
        leaf: Gives the value of a scalar node.
    """
    if isinstance(node.value, dict):
        return {key: plain(child, leaf) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child, leaf) for child in node.value]
    return leaf(node)


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every scalar beneath a node with its path."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from leaves(child, below(path, key))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from leaves(child, below(path, index))
    else:
        yield path, node


def has_env(node: Node) -> bool:
    """Tell whether a value waits for the environment, itself or beneath."""
    return any(isinstance(leaf.value, EnvRef) for _, leaf in leaves(node))
