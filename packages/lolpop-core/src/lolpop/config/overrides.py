"""`--set PATH=VALUE`: one value laid over all files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lolpop.config.nodes import Node
from lolpop.config.paths import split
from lolpop.config.reader import read
from lolpop.errors import ConfigError, Place, Problem

LABEL = "--set"


def read_override(argument: str, base: Path) -> Node:
    """Read one `--set` argument into a document that holds this one value.

    Args:
        argument: `PATH=VALUE`; VALUE is YAML, a key with a dot stands in double quotes.
        base: The project folder; relative paths in the value start there.

    Raises:
        ConfigError: The argument isn't of this form, or VALUE isn't YAML.
    """
    path, equals, text = _divided(argument)
    keys = split(path)
    if not equals or keys is None:
        problem = Problem(
            f"{argument!r} isn't of the form PATH=VALUE",
            Place(LABEL, 1, 1),
            hint="for example --set config.seed=7 or --set 'steps.\"train.fit\".retries=2'",
        )
        raise ConfigError([problem])
    node = _value(text, len(path) + 2, base)
    for key in reversed(keys):
        inner = replace(node, key_place=Place(LABEL, 1, 1))
        node = Node({key: inner}, Place(LABEL, 1, 1), base)
    return node


def _value(text: str, column: int, base: Path) -> Node:
    place = Place(LABEL, 1, column)
    if not text.strip():
        return Node(None, place, base)
    return replace(read(text.encode("utf-8", "surrogateescape"), LABEL, base), place=place)


def _divided(argument: str) -> tuple[str, bool, str]:
    """Divide at the first `=` outside of quotes."""
    quoted = False
    for index, character in enumerate(argument):
        if character == '"':
            quoted = not quoted
        elif character == "=" and not quoted:
            return argument[:index].strip(), True, argument[index + 1 :]
    return argument, False, ""
