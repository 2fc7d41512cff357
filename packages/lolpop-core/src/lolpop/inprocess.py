"""Prepare a workflow and run it plainly, in this process."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lolpop import plugins
from lolpop.config.document import Document, load
from lolpop.config.settings import Settings
from lolpop.errors import ConfigError
from lolpop.workflow.arguments import as_values, bind, configured, parameters_of, parse_value
from lolpop.workflow.assembly import Tree, assemble
from lolpop.workflow.blueprint import Blueprint
from lolpop.workflow.check import check, import_roots
from lolpop.workflow.decoration import Decorate, decorate, decorations
from lolpop.workflow.entrypoint import choose
from lolpop.workflow.project import working_in
from lolpop.workflow.running import call


@dataclass(frozen=True, slots=True)
class Source:
    """What a command is told about a workflow.

    Attributes:
        files: The configuration files, `lolpop.yaml` if there are none.
        overrides: `PATH=VALUE` arguments.
        runner: A class instead of the configuration's `runner`, or None.
        file: A Python file in which classes are looked up first, or None.
        skip_validation: Whether to leave out the checks that building doesn't need.
        modules: Project modules besides those that the configuration lists.
        orchestrator_files: Files that hold an orchestrator's section or config alone.
        orchestrator: An orchestrator in place of the configured one, or None.
    """

    files: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    runner: str | None = None
    file: Path | None = None
    skip_validation: bool = False
    modules: tuple[str, ...] = ()
    orchestrator_files: tuple[str, ...] = ()
    orchestrator: str | None = None

    def document(self) -> Document:
        """Load the configuration.

        Raises:
            ConfigError: A file can't be read.
        """
        return load(
            self.files, self.overrides, self.modules, self.orchestrator_files, self.orchestrator
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plain run gave.

    Attributes:
        label: The runner and its entrypoint, as `Runner.method`.
        seconds: How long the entrypoint took.
        result: What it returned.
    """

    label: str
    seconds: float
    result: Any


@contextmanager
def prepared(source: Source, method: str | None = None) -> Iterator[Blueprint]:
    """Check a workflow and stay in its project folder.

    Args:
        source: Where the workflow comes from.
        method: The entrypoint, or None for the configured or only one.

    Raises:
        ConfigError: Something is wrong with the configuration.
        PluginError: Something is wrong with a plugin that it names.
    """
    document = source.document()
    file = source.file.absolute() if source.file else None
    with working_in(document.folder, import_roots(document)):
        yield check(document, source.runner, file, source.skip_validation, method)


def run_workflow(
    source: Source,
    method: str | None = None,
    arguments: Sequence[str] = (),
    keywords: Mapping[str, Any] | None = None,
    watch: Callable[[Tree], object] | None = None,
) -> Outcome:
    """Run a workflow's entrypoint in this process, decorated.

    Args:
        source: Where the workflow comes from.
        method: The entrypoint, or None for the configured or only one.
        arguments: Its positional arguments, as typed.
        keywords: Its keyword arguments, JSON values or `Typed`; they win over
            `deployment.parameters`.
        watch: Called with the decorated tree before the entrypoint is.

    Raises:
        LolpopError: The configuration, a plugin or the workflow itself is at fault.
    """
    with prepared(source, method) as blueprint:
        cls = blueprint.runner.cls
        assert cls is not None
        name = choose(cls, method or blueprint.settings.entrypoint)
        function = getattr(cls, name)
        typed = _typed(function, arguments)
        named = as_values(function, keywords or {})
        given = {**_configured(blueprint, len(arguments), function), **named}
        positional, named = bind(function, typed, given)
        tree = _built(blueprint)
        if watch is not None:
            watch(tree)
        label = f"{cls.__name__}.{name}"
        start = time.perf_counter()
        result = call(getattr(tree.runner, name), positional, named, label)
        return Outcome(label, time.perf_counter() - start, result)


def _typed(function: Callable[..., Any], arguments: Sequence[str]) -> list[Any]:
    """Read positional arguments by the types of the parameters they stand for."""
    parameters = list(parameters_of(function).values())
    rest = [each for each in parameters if each.kind is each.VAR_POSITIONAL]
    standing: list[inspect.Parameter | None] = [*_positional(function), *rest * len(arguments)]
    standing += [None] * len(arguments)
    return [parse_value(text, standing[i], function) for i, text in enumerate(arguments)]


def _configured(blueprint: Blueprint, skip: int, function: Callable[..., Any]) -> dict[str, Any]:
    """Give the configured parameters that no positional argument stands for."""
    values, problems = configured(blueprint.document.root, function, os.environ)
    if problems:
        raise ConfigError(problems)
    taken = {parameter.name for parameter in _positional(function)[:skip]}
    return {key: value for key, value in values.items() if key not in taken}


def _positional(function: Callable[..., Any]) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each for each in parameters_of(function).values() if each.kind in kinds]


def _built(blueprint: Blueprint) -> Tree:
    tree = assemble(blueprint, os.environ)
    decorate(tree, decorations(tree, _hooks(blueprint, tree)))
    return tree


def _hooks(blueprint: Blueprint, tree: Tree) -> dict[str, Decorate]:
    """Let the orchestrator decorate through its hook, so that extensions may wrap it."""
    part = blueprint.orchestrator
    if part is None:
        return {}
    from lolpop.lifecycle import Lifecycle

    orchestrator = tree.decorators[part]
    name = str(part.section.class_name.value) if part.section.class_name else ""
    extensions = extensions_of(blueprint.settings)
    lifecycle = Lifecycle(orchestrator, provider_of(name), extensions)  # type: ignore[arg-type]
    return {part.section.name: lifecycle.decorate}


def provider_of(name: str) -> str:
    """Say which distribution provides an orchestrator, for messages."""
    plugin = plugins.find("orchestrator", name) if ":" not in name else None
    return plugin.provider if plugin else "this project"


def extensions_of(settings: Settings) -> dict[str, tuple[object, str]]:
    """Import the extensions that a configuration names, each with its provider.

    Raises:
        PluginError: One of them isn't installed or fails to import.
    """
    found: dict[str, tuple[object, str]] = {}
    for name in settings.extensions:
        plugin = plugins.find("extension", name)
        if plugin is None:
            raise plugins.not_installed("extension", name)
        found[name] = (plugins.load(plugin), plugin.provider)
    return found
