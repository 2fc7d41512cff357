"""What a package is deployed as: the part of the configuration that is no workflow's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from lolpop.config.nodes import Node
from lolpop.config.settings import Settings, matches, merged
from lolpop.config.validation import read, unset
from lolpop.contract import (
    Capability,
    DeploymentSpec,
    Environment,
    Overlap,
    Package,
    Schedule,
    StepSettings,
)
from lolpop.deploying.engine import Engine
from lolpop.errors import ConfigError
from lolpop.package.environments import interpreter
from lolpop.package.secrets import refuse_kept
from lolpop.plugins import find
from lolpop.workflow.arguments import PARAMETERS


def specification(used: Engine, package: Package, name: str | None) -> DeploymentSpec:
    """Say what a package is deployed as, from the configuration."""
    section = used.settings.deployment
    node = used.document.root.get("deployment")
    parameters = node.get("parameters") if node else None
    schedule = section.schedule
    return DeploymentSpec(
        name=name or section.name or kebab(package.manifest.runner.rpartition(":")[2]),
        project=used.project,
        parameters=_parameters(parameters, used.settings) if parameters else {},
        schedule=Schedule(schedule.cron, schedule.timezone) if schedule else None,
        concurrency=section.concurrency,
        overlap=Overlap(section.overlap),
        storage=used.storage,
        interpreter=_interpreter(used, package),
        steps=step_settings(used.settings, [step.name for step in package.manifest.graph.steps]),
    )


def _parameters(node: Node, settings: Settings) -> dict[str, Any]:
    refuse_kept(node, PARAMETERS, settings.package.allow_literals)
    if problems := [*unset(node, PARAMETERS, os.environ)]:
        raise ConfigError(problems)
    values: dict[str, Any] = read(node, os.environ)
    return values


def plugins_inside(used: Engine) -> tuple[str, ...]:
    """Name the distributions that a step's environment needs besides the package's lock."""
    if Capability.DECORATES_INSIDE_STEPS not in used.lifecycle.orchestrator.capabilities:
        return ()
    plugin = find("orchestrator", used.name)
    return (plugin.distribution,) if plugin else ()


def _interpreter(used: Engine, package: Package) -> str:
    if package.manifest.environment is Environment.CURRENT:
        return sys.executable
    return str(interpreter(package.manifest, used.store, plugins_inside(used)))


def step_settings(settings: Settings, names: Sequence[str]) -> dict[str, StepSettings]:
    """Give the settings of the steps that have any."""
    found = {name: merged(settings.steps, name) for name in names}
    return {
        name: StepSettings(**values)
        for name, section in found.items()
        if (values := section.model_dump(exclude_none=True, exclude={"stateless"}))
    }


def idle_globs(settings: Settings, names: Sequence[str]) -> Iterator[str]:
    """Give the globs of `steps` that match no step."""
    for glob in settings.steps:
        if not any(matches(glob, name) for name in names):
            yield glob


def kebab(name: str) -> str:
    """Write the name of a class as the name of a deployment: `PenguinRunner`, penguin-runner."""
    parts = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
    return parts.lstrip("-")
