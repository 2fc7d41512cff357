"""The names of the core's own sections, and those that may be written in the singular."""

from __future__ import annotations

from collections.abc import Mapping

from lolpop.config.nodes import Key, Node
from lolpop.config.paths import below
from lolpop.errors import Problem

PLURALS: Mapping[str, str] = {
    "pipeline": "pipelines",
    "component": "components",
    "decorator": "decorators",
    "extension": "extensions",
    "module": "modules",
    "step": "steps",
}
SECTIONS = frozenset(
    {
        *("runner", "entrypoint", "modules", "order", "granularity", "extensions"),
        *("pipelines", "components", "decorators", "config"),
        *("orchestrator", "steps", "deployment", "package", "storage"),
    }
)
RESERVED = SECTIONS | set(PLURALS) | {"name", "create"}


def normalise(document: Node, problems: list[Problem]) -> Node:
    """Give the sections of one file their plural names.

    Args:
        document: The file's mapping.
        problems: Gets a problem for every section that is there in both spellings.
    """
    plural = _renamed(document, PLURALS, problems, "")
    nested = {"component": PLURALS["component"]}
    return plural.with_value(
        {
            key: child if key in SECTIONS else _renamed(child, nested, problems, str(key))
            for key, child in plural.items()
        }
    )


def _renamed(node: Node, names: Mapping[str, str], problems: list[Problem], path: str) -> Node:
    if not node.is_mapping:
        return node
    entries: dict[Key, Node] = {}
    for key, child in node.items():
        name = names.get(str(key), key)
        if name in entries:
            single = next(one for one, many in names.items() if many == name)
            message = f"{single!r} and {name!r} are the same section: write it once"
            problems.append(child.key_problem(message, below(path, key)))
        else:
            entries[name] = child
    return node.with_value(entries)
