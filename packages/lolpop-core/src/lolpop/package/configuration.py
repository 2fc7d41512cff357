"""The part of a configuration that belongs to the workflow, whatever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lolpop.config.annotations import keys_of, rebase, typed_children
from lolpop.config.env import EnvRef
from lolpop.config.nodes import Key, Node
from lolpop.config.paths import written
from lolpop.config.sections import ORCHESTRATOR
from lolpop.workflow.blueprint import Blueprint, Part
from lolpop.workflow.schema import is_inherited
from lolpop.workflow.values import model_of

_ELSEWHERE = frozenset({ORCHESTRATOR, "deployment", "extensions", "storage"})
_STAYS = frozenset({"stateless"})  # of a step's settings, the one that shapes the graph


def workflow_part(blueprint: Blueprint) -> Node:
    """Take out of a configuration what its workflow is made of.

    Gone are the orchestrator's entry and section, extensions, `deployment`, `storage`, and the
    retries, delays and time-outs of steps. Links are resolved, `EnvRef`s stay. Typed paths that
    stand in a file of another folder start at the project folder.

    Args:
        blueprint: The checked workflow.
    """
    root = _rebased(blueprint)
    entries = {key: node for key, node in root.items() if written(key) not in _ELSEWHERE}
    for key, kept in (("decorators", _without_orchestrator), ("steps", _shaping)):
        if key in entries:
            entries[key] = kept(entries[key])
            if not entries[key].value:
                del entries[key]
    return root.with_value(entries)


def shown(value: Any) -> Any:
    """Write a configuration's values as JSON for people to see: keys become strings."""
    if isinstance(value, dict):
        return {written(key): shown(child) for key, child in value.items()}
    if isinstance(value, list):
        return [shown(child) for child in value]
    unwritable = isinstance(value, float) and value - value != 0
    return str(value) if unwritable else value


def _without_orchestrator(decorators: Node) -> Node:
    return decorators.with_value(
        {key: node for key, node in decorators.items() if written(key) != ORCHESTRATOR}
    )


def _shaping(steps: Node) -> Node:
    kept = {
        name: step.with_value({key: node for key, node in step.items() if key in _STAYS})
        for name, step in steps.items()
    }
    return steps.with_value({name: step for name, step in kept.items() if step.value})


def _rebased(blueprint: Blueprint) -> Node:
    """Let the typed paths of every integration start at the project folder."""
    root, folder = blueprint.document.root, blueprint.document.folder
    parts = [*blueprint.parts, *blueprint.decorators]
    for part in parts:
        keys = ["config"] if not part.section.path else [*part.section.path.split("."), "config"]
        root = _replaced(root, keys, dict(_moved(part, folder)))
    return root


def _moved(part: Part, folder: Path) -> Iterator[tuple[str, Node]]:
    for key, node in part.own.items():
        moved = _from(folder, _annotation(part, key), node)
        if moved != node:
            yield key, moved


def _annotation(part: Part, key: str) -> Any:
    """Find the type of a key: the part's own, else that of the first one that inherits it."""
    own = model_of(part)
    if own and key in keys_of(own):
        return keys_of(own)[key].annotation
    for child in part.descendants:
        model = model_of(child)
        field = keys_of(model).get(key) if model else None
        if field and is_inherited(field):
            return field.annotation
    return Any


def _from(folder: Path, annotation: Any, node: Node) -> Node:
    """Rebase a value; `~` stays, for it is the home of whoever runs the step."""
    if isinstance(node.value, (dict, list)):
        moved: dict[Key, Node] = {
            key: _from(folder, inner, child)
            for key, child, inner in typed_children(annotation, node)
        }
        return node.with_value(moved if node.is_mapping else list(moved.values()))
    if isinstance(node.value, EnvRef) or str(node.value).startswith("~"):
        return node
    return replace(rebase(annotation, node, folder), base=folder)


def _replaced(node: Node, keys: Sequence[str], values: dict[str, Node]) -> Node:
    """Put values into the mapping that stands at a path; the others stay as they are."""
    if not values:
        return node
    name = {written(key): key for key, _ in node.items()}
    entries = dict(node.items())
    if not keys:
        entries.update({name.get(key, key): value for key, value in values.items()})
    elif keys[0] in name:
        key = name[keys[0]]
        entries[key] = _replaced(entries[key], keys[1:], values)
    return node.with_value(entries)
