"""From a document to a blueprint: find the classes, check everything, report all at once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from lolpop import plugins
from lolpop.config.document import Document
from lolpop.config.nodes import Node
from lolpop.config.paths import below
from lolpop.config.sections import ORCHESTRATOR, Section, divide
from lolpop.config.settings import Settings
from lolpop.config.spelling import SECTIONS
from lolpop.config.validation import validate
from lolpop.errors import ConfigError, Place, Problem, UsageError, nearest
from lolpop.workflow.blueprint import Blueprint, DecorationSection, Part
from lolpop.workflow.classes import ClassFinder
from lolpop.workflow.dependencies import dependencies
from lolpop.workflow.entrypoint import choose
from lolpop.workflow.integration import Integration
from lolpop.workflow.project import roots_of
from lolpop.workflow.values import config_of

_LABEL = "CLASS"


def check(
    document: Document,
    runner: str | None = None,
    file: Path | None = None,
    skip_validation: bool = False,
) -> Blueprint:
    """Check a configuration and find its classes, without making any object.

    The project's roots must be on `sys.path` already.

    Args:
        document: The configuration.
        runner: A class that is used instead of the one under `runner`.
        file: A Python file in which classes are looked up first.
        skip_validation: Whether to leave out what isn't needed to build: unknown keys,
            types and dependencies.

    Raises:
        ConfigError: Something is wrong; every problem is in it.
        PluginError: A plugin is the only trouble.
    """
    return _Check(document, file).run(runner, skip_validation)


def settings_of(document: Document) -> tuple[Settings, list[Problem]]:
    """Read the core's own keys, and say what is wrong with them."""
    root = document.root
    values = {
        str(key): node
        for key, node in root.items()
        if key in Settings.model_fields and node.value is not None
    }
    return validate(Settings, values, root.place, "")


class _Check:
    def __init__(self, document: Document, file: Path | None) -> None:
        self.document = document
        self.problems = list(document.problems)
        self.settings, wrong = settings_of(document)
        self.problems += wrong
        roots = self.settings.package.roots if not wrong else None
        self.roots = roots_of(document.folder, roots)
        modules = document.root.get("modules")
        nodes = modules.value if modules and isinstance(modules.value, list) else []
        named = [node for node in nodes if isinstance(node.value, str)]
        self.finder = ClassFinder(named, file, self.roots)

    def run(self, runner: str | None, skip_validation: bool) -> Blueprint:
        section = self.named_runner(divide(self.document.root, self.problems), runner)
        tree = self.part(section, None)
        decorators = [self.decorator(part) for part in section.parts if part.kind == "decorator"]
        blueprint = Blueprint(self.document, self.settings, tree, tuple(decorators), self.roots)
        blueprint = replace(blueprint, validated=not skip_validation)
        if not skip_validation:
            self.validate(blueprint)
        self.complain()
        return blueprint

    def complain(self) -> None:
        problems = [*self.problems, *self.finder.problems]
        errors = self.finder.plugin_errors
        if not problems and errors:
            raise errors[0]
        problems += [Problem(error.message, hint=error.hint) for error in errors]
        if problems:
            cause = self.finder.causes[0] if self.finder.causes else None
            raise ConfigError(_in_order(problems)) from cause

    def named_runner(self, section: Section, runner: str | None) -> Section:
        if runner is not None:
            name = Node(runner, Place(_LABEL, 1, 1), self.document.folder)
            return replace(section, class_name=name)
        if section.class_name is None:
            message = "no runner is named"
            hint = "write `runner: ITS_CLASS`, or name the class on the command line"
            self.problems.append(Problem(message, section.place, "runner", hint))
        return section

    def part(self, section: Section, parent: Part | None) -> Part:
        cls = self.find(section, section.kind)
        part = Part(section, cls, parent, dict(section.config))
        for child in section.parts:
            if child.kind != "decorator":
                part.parts[child.name] = self.part(child, part)
        return part

    def find(self, section: Section, kind: str) -> type[Integration] | None:
        node = section.class_name
        if node is None or not isinstance(node.value, str):
            return None
        around, _, name = section.path.rpartition(".")
        path = below(around, f"{section.kind}s.{name}") if name else "runner"
        return self.finder.find(node, kind, path)

    def decorator(self, section: Section) -> Part:
        if section.name != ORCHESTRATOR:
            return self.decorating(section, self.find(section, "decorator"), section.config)
        cls = self.find(section, ORCHESTRATOR)
        name = str(section.class_name.value) if section.class_name else ""
        self.check_orchestrator_names(section, name)
        config = dict(section.config)
        for other, values in section.orchestrators.items():
            if plugins.same_orchestrator(other, name):
                config.update(values)
        part = self.decorating(section, cls, config)
        options = getattr(cls, "options", {})
        part.options = {verb: part.own.pop(verb) for verb in options if verb in part.own}
        for verb, node in part.options.items():
            self.check_options(options[verb], node, f"{ORCHESTRATOR}.config.{verb}")
        return part

    def check_options(self, model: type[BaseModel], node: Node, path: str) -> None:
        if node.is_mapping:
            self.problems += validate(model, node.value, node.place, path)[1]
        else:
            self.problems.append(node.problem("expected a mapping of options", path))

    def decorating(
        self, section: Section, cls: type[Integration] | None, config: dict[str, Node]
    ) -> Part:
        taken = {key: config[key] for key in DecorationSection.model_fields if key in config}
        own = {key: node for key, node in config.items() if key not in taken}
        path = below(section.path, "config")
        decoration, wrong = validate(DecorationSection, taken, section.place, path)
        self.problems += wrong
        part = Part(section, cls, None, own, decoration=decoration)
        method = decoration.decorator_method
        named = "decorator_method" in taken
        if cls and (named or section.name != ORCHESTRATOR) and not _is_method(cls, method):
            message = f"{cls.__name__} has no method {method!r} to decorate with"
            self.problems.append(Problem(message, section.place, section.path))
        return part

    def check_orchestrator_names(self, section: Section, chosen: str) -> None:
        """Refuse a section that is no orchestrator's, or one that is misspelt."""
        known = {chosen, *plugins.known_orchestrators()}
        for name, values in section.orchestrators.items():
            if any(plugins.same_orchestrator(name, one) for one in known) or ":" in name:
                continue
            likely = nearest(name, [*known, "config"])
            if likely or not name.endswith("Orchestrator"):
                node = next(iter(values.values()), None)
                place = self.document.root.get(ORCHESTRATOR)
                at = place.get(name) if place else node
                hint = f"did you mean {likely!r}?" if likely else "expected config"
                message = f"unknown key {name!r}: no orchestrator has this name"
                path = below(ORCHESTRATOR, name)
                self.problems.append(
                    Problem(message, at.named_at if at else section.place, path, hint)
                )

    def validate(self, blueprint: Blueprint) -> None:
        everything = [*blueprint.parts, *blueprint.decorators]
        self.problems += _entrypoint_problems(blueprint)
        for part in everything:
            if part.cls is not None:
                self.problems += _class_problems(part, part.cls)
                self.problems += config_of(part, self.document.folder, None)[1]
        for part in blueprint.parts:
            if part.cls is not None:
                self.problems += _dependency_problems(part, part.cls)
        known = {name for part in everything for name in _class_names(part.cls)}
        for part in blueprint.decorators:
            self.problems += _class_choice_problems(part, known)


def _entrypoint_problems(blueprint: Blueprint) -> Iterator[Problem]:
    """Find what is wrong with the method that `entrypoint` names."""
    node = blueprint.document.root.get("entrypoint")
    if blueprint.runner.cls and node and isinstance(node.value, str):
        try:
            choose(blueprint.runner.cls, node.value)
        except UsageError as error:
            yield node.problem(error.message, "entrypoint", error.hint)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Sort problems by place, each one once."""
    unique = list(dict.fromkeys(problems))
    return sorted(unique, key=lambda problem: _position(problem.place))


def _position(place: Place | None) -> tuple[bool, str, int, int]:
    return (True, "", 0, 0) if place is None else (False, place.file, place.line, place.column)


def _is_method(cls: type, name: str) -> bool:
    return callable(getattr(cls, name, None))


def _class_names(cls: type | None) -> list[str]:
    return [base.__name__ for base in cls.__mro__] if cls else []


def _class_problems(part: Part, cls: type[Integration]) -> Iterator[Problem]:
    """Find what keeps a class from being made without arguments."""
    node = part.section.class_name
    place = node.place if node else part.section.place
    abstract = sorted(getattr(cls, "__abstractmethods__", ()))
    if abstract:
        message = f"{cls.__name__} is abstract: {', '.join(abstract)} not implemented"
        yield Problem(message, place, part.section.path)
    needed = _needed_arguments(cls)
    if needed:
        message = f"{cls.__name__}.__init__ wants {', '.join(needed)}: lolpop gives no arguments"
        hint = "read them from self.config"
        yield Problem(message, place, part.section.path, hint)
    model = getattr(cls, "Config", None)
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        message = f"{cls.__name__}.Config isn't a pydantic model"
        yield Problem(message, place, part.section.path, "write `class Config(lolpop.Config):`")
    for name in part.parts:
        if callable(getattr(cls, name, None)) or isinstance(getattr(cls, name, None), property):
            message = f"{name!r} would hide {cls.__name__}.{name}: give one of them another name"
            yield Problem(message, part.parts[name].section.place, part.parts[name].section.path)


def _needed_arguments(cls: type[Integration]) -> list[str]:
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _dependency_problems(part: Part, cls: type[Integration]) -> Iterator[Problem]:
    """Find the integrations that a class wants to see and doesn't."""
    seen = part.visible()
    for wanted in dependencies(cls):
        found = seen.get(wanted.name)
        kind = wanted.cls.kind
        if found is None and wanted.required:
            message = f"{part.label} needs a {kind} {wanted.name!r} ({wanted.cls.__name__})"
            hint = f"name one: {kind}s: {{{wanted.name}: {wanted.cls.__name__}}}"
            yield Problem(message, part.section.place, part.section.path, hint)
        elif found and found.cls and not issubclass(found.cls, wanted.cls):
            message = (
                f"{part.label} wants {wanted.name!r} to be a {wanted.cls.__name__},"
                f" {found.section.path} is a {found.cls.__name__}"
            )
            node = found.section.class_name
            yield Problem(message, node.place if node else None, found.section.path)


def _class_choice_problems(part: Part, known: set[str]) -> Iterator[Problem]:
    """Find names under `integration_classes` that no class of the workflow has."""
    for name in part.decoration.integration_classes if part.decoration else ():
        if name not in known - {"object", "Integration"}:
            likely = nearest(name, known)
            hint = f"did you mean {likely!r}?" if likely else None
            message = f"no integration of this workflow is a {name!r}"
            path = below(part.section.path, "config.integration_classes")
            yield Problem(message, part.section.place, path, hint)


assert set(Settings.model_fields) <= SECTIONS
