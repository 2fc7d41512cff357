"""`--set PATH=VALUE`: one value laid over all files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from lolpop.config.nodes import Node
from lolpop.config.paths import split
from lolpop.config.reader import read
from lolpop.errors import ConfigError, Place, Problem

LABEL = "--set"
_FORM = re.compile(r'(?P<path>(?:"(?:[^"\\]|\\.)*"|[^"=])*)=(?P<value>.*)', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_KEYS = 50


def read_override(argument: str, base: Path) -> Node:
    """Read one `--set` argument into a document that holds this one value.

    Args:
        argument: `PATH=VALUE`; VALUE is YAML, a key with a dot stands in double quotes.
        base: The project folder; relative paths in the value start there.

    Raises:
        ConfigError: The argument isn't of this form, or VALUE isn't YAML.
    """
    if _SURROGATE.search(argument):
        raise ConfigError([Problem(f"{argument!r} isn't UTF-8 text", Place(LABEL, 1, 1))])
    form = _FORM.fullmatch(argument)
    keys = split(form["path"].strip()) if form else None
    if form is None or keys is None or len(keys) > _MOST_KEYS:
        problem = Problem(
            f"{argument!r} isn't of the form PATH=VALUE",
            Place(LABEL, 1, 1),
            hint="for example --set config.seed=7 or --set 'steps.\"train.fit\".retries=2'",
        )
        raise ConfigError([problem])
    node = _value(form["value"], form.start("value") + 1, base)
    for key in reversed(keys):
        inner = replace(node, key_place=Place(LABEL, 1, 1))
        node = Node({key: inner}, Place(LABEL, 1, 1), base)
    return node


def _value(text: str, column: int, base: Path) -> Node:
    if not text.strip():
        return Node(None, Place(LABEL, 1, column), base)
    return read(text.encode(), LABEL, base, column)
