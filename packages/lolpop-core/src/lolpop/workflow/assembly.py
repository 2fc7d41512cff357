"""From a blueprint to objects: every integration made, configured and shown to the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lolpop.errors import ConfigError
from lolpop.workflow.blueprint import Blueprint, Part
from lolpop.workflow.integration import Integration, declares
from lolpop.workflow.running import failing_as
from lolpop.workflow.values import config_of, unset_of


@dataclass(frozen=True, slots=True)
class Tree:
    """A built workflow.

    Attributes:
        runner: The runner, from which everything else can be reached.
        objects: Every integration of the tree by its part, the runner first.
        decorators: What decorates, by its part, outermost first.
    """

    runner: Integration
    objects: Mapping[Part, Integration]
    decorators: Mapping[Part, Integration]


def assemble(blueprint: Blueprint, environ: Mapping[str, str]) -> Tree:
    """Build the objects of a workflow; nothing is decorated yet.

    Components are initialised first, outer ones before inner ones, then pipelines, the runner
    last; each one sees its config and the others before its `__init__` runs.

    Args:
        blueprint: What to build.
        environ: Where environment variables are read.

    Raises:
        ConfigError: A variable isn't set, or its value doesn't fit.
        WorkflowError: An `__init__` raised; the exception is the cause.
    """
    everything = [*blueprint.parts, *blueprint.decorators]
    configs = _configs(everything, blueprint, environ)
    objects = {part: _allocated(part, configs[part]) for part in everything}
    for part in blueprint.parts:
        _show(part, objects)
    for part in sorted(everything, key=_turn):
        made = objects[part]
        with failing_as(f"making {part.label} ({type(made).__name__})"):
            type(made).__init__(made)
    tree = {part: objects[part] for part in blueprint.parts}
    decorators = {part: objects[part] for part in blueprint.decorators}
    return Tree(objects[blueprint.runner], tree, decorators)


def assemble_alone(part: Part, folder: Path, environ: Mapping[str, str]) -> Integration:
    """Build one integration that no other one sees, such as an orchestrator.

    Args:
        part: The integration, checked.
        folder: The project folder, absolute.
        environ: Where environment variables are read.

    Raises:
        ConfigError: A variable isn't set, or its value doesn't fit.
        WorkflowError: Its `__init__` raised; the exception is the cause.
    """
    config, problems = config_of(part, folder, environ)
    problems = [*unset_of(part, environ), *problems]
    if problems:
        raise ConfigError(problems)
    made = _allocated(part, config)
    with failing_as(f"making {part.label} ({type(made).__name__})"):
        type(made).__init__(made)
    return made


def _turn(part: Part) -> tuple[int, int]:
    order = ("decorator", "component", "pipeline", "runner")
    return order.index(part.section.kind), len(list(part.ancestors))


def _configs(
    parts: list[Part], blueprint: Blueprint, environ: Mapping[str, str]
) -> dict[Part, Any]:
    problems = [problem for part in parts for problem in unset_of(part, environ)]
    configs: dict[Part, Any] = {}
    for part in parts:
        configs[part], wrong = config_of(part, blueprint.document.folder, environ)
        problems += wrong if blueprint.validated else []
    if problems:
        raise ConfigError(problems)
    return configs


def _allocated(part: Part, config: Any) -> Integration:
    if part.cls is None:
        raise AssertionError(f"{part.label} has no class: its blueprint wasn't checked")
    with failing_as(f"making {part.label} ({part.cls.__name__})"):
        made = part.cls.__new__(part.cls)
    made.__dict__.update(config=config, name=part.section.name or part.cls.__name__)
    if part.decoration is not None:
        made.__dict__["decorator_method"] = part.decoration.method_of(part.cls)
    return made


def _show(part: Part, objects: Mapping[Part, Integration]) -> None:
    """Make the integrations that a part sees its attributes; what its class declares stays."""
    own = objects[part]
    for name, other in part.visible().items():
        if not declares(part.cls, name):
            own.__dict__[name] = objects[other]
