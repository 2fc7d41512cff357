"""Decoration inside of steps: what a plugin hands over, and what the step makes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

import yaml

from lolpop.config.nodes import Node
from lolpop.config.reader import read
from lolpop.config.sections import ORCHESTRATOR
from lolpop.config.writer import write
from lolpop.errors import UsageError
from lolpop.workflow.assembly import Tree, assemble
from lolpop.workflow.blueprint import Blueprint, Part
from lolpop.workflow.decoration import Decorate, decorate, decorations


def decoration(part: Part) -> str:
    """Write the file that the step command takes as `--decorate`.

    It is a piece of configuration: the orchestrator's name and config, what the variables of
    the environment hold left out, and no options of verbs.

    Args:
        part: The orchestrator, as the configuration of the deployment has it.
    """
    at = Node({}, part.section.place, Path())
    chosen = part.decoration.model_dump(exclude_unset=True) if part.decoration else {}
    config = {**{key: _located(value, at) for key, value in chosen.items()}, **part.own}
    name = part.section.class_name or at.with_value(None)
    return write(
        at.with_value(
            {
                "decorators": at.with_value({ORCHESTRATOR: name}),
                ORCHESTRATOR: at.with_value({"config": at.with_value(config)}),
            }
        )
    )


def as_json(decoration: str, without: Collection[str]) -> str | None:
    """Write a decoration as JSON, to be an argument of the step command; None if there is none.

    Args:
        decoration: What `decoration` wrote.
        without: Keys of the config that no step needs, such as those that say where the engine is.
    """
    if not decoration:
        return None
    found = yaml.safe_load(decoration)
    config = found[ORCHESTRATOR]["config"]
    kept = {key: value for key, value in config.items() if key not in without}
    return json.dumps({"decorators": found["decorators"], ORCHESTRATOR: {"config": kept}})


def read_decoration(file: str, folder: Path) -> Node:
    """Read what is given as `--decorate`.

    Args:
        file: The file, or in its place what would stand in it as JSON.
        folder: Where relative paths in it start.

    Raises:
        UsageError: It can't be read.
        ConfigError: What is in it isn't configuration.
    """
    if file.startswith("{"):
        return read(file.encode(), "--decorate", folder)
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"the decoration {file!r} can't be read: {error.strerror}") from error
    return read(content, file, folder)


def built(plan: Blueprint, storage: str) -> Tree:
    """Build a workflow and decorate it; its orchestrator, if it has one, by its `decorate`.

    Args:
        plan: The workflow.
        storage: The storage, as an orchestrator is told it.
    """
    tree = assemble(plan, os.environ)
    hooks: dict[str, Decorate] = {}
    if (part := plan.orchestrator) is not None:
        orchestrator = tree.decorators[part]
        orchestrator.__dict__["storage"] = storage
        hooks[ORCHESTRATOR] = orchestrator.decorate
    decorate(tree, decorations(tree, hooks))
    return tree


def _located(value: object, at: Node) -> Node:
    if isinstance(value, list):
        return at.with_value([at.with_value(each) for each in value])
    return at.with_value(value)
