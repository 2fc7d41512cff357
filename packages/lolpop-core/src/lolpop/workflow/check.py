"""From a document to a blueprint: find the classes, check everything, report all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from lolpop import plugins
from lolpop.config.document import Document
from lolpop.config.env import EnvRef
from lolpop.config.nodes import Key, Node, has_env, leaves
from lolpop.config.overlay import lay_over
from lolpop.config.paths import below
from lolpop.config.sections import ORCHESTRATOR, STATIC, Section, divide
from lolpop.config.settings import Settings
from lolpop.config.spelling import SECTIONS
from lolpop.config.validation import late_problem, validate
from lolpop.errors import ConfigError, Place, Problem, UsageError, nearest
from lolpop.workflow.arguments import configured
from lolpop.workflow.blueprint import DEFAULT_METHOD, Blueprint, DecorationSection, Part
from lolpop.workflow.classes import ClassFinder
from lolpop.workflow.decoration import public_methods
from lolpop.workflow.entrypoint import choose
from lolpop.workflow.integration import Integration
from lolpop.workflow.project import roots_of
from lolpop.workflow.requirements import unmet
from lolpop.workflow.values import config_of, declared

_COMMAND_LINE = "the command line"


def check(
    document: Document,
    runner: str | None = None,
    file: Path | None = None,
    skip_validation: bool = False,
    entrypoint: str | None = None,
) -> Blueprint:
    """Check a configuration and find its classes, without making any object.

    The project's roots must be on `sys.path` already.

    Args:
        document: The configuration.
        runner: A class that is used instead of the one under `runner`.
        file: A Python file in which classes are looked up first.
        skip_validation: Whether to leave out what isn't needed to build: unknown keys,
            types and dependencies.
        entrypoint: A method that is called instead of the one under `entrypoint`.

    Raises:
        ConfigError: Something is wrong; every problem is in it.
        PluginError: One plugin is the only trouble.
    """
    return _Check(document, file).run(runner, skip_validation, entrypoint)


def settings_of(
    document: Document, environ: Mapping[str, str] | None = None
) -> tuple[Settings, list[Problem]]:
    """Read the core's own keys, and say what is wrong with them.

    Args:
        document: The configuration.
        environ: Where to read environment variables; None leaves values that need one unread.
    """
    root = document.root
    late = [problem for key, node in root.items() if key in STATIC for problem in _late(node, key)]
    values = {
        str(key): node
        for key, node in root.items()
        if key in Settings.model_fields
        and node.value is not None
        and not (key in STATIC and has_env(node))
    }
    noted = [*document.problems, *late]
    settings, problems = validate(Settings, values, root.place, "", environ, noted)
    problems += _decorating_problems(root.get(ORCHESTRATOR))
    return settings, _new([*late, *problems], document)


def _decorating_problems(node: Node | None) -> list[Problem]:
    """Find what is wrong with the keys for any orchestrator, whether one is named or not."""
    config = node.get("config") if node else None
    if config is None or not config.is_mapping:
        return []
    path = below(ORCHESTRATOR, "config")
    keys = DecorationSection.model_fields.keys()
    given = {str(key): each for key, each in config.items() if key in keys}
    return _decoration(given, config.place, path)[1]


def _decoration(
    given: Mapping[str, Node], place: Place, path: str
) -> tuple[DecorationSection, list[Problem]]:
    """Read the keys of a decorator; they decide how the tree is built."""
    late = [each for key, node in given.items() for each in _late(node, below(path, key))]
    sound = {key: node for key, node in given.items() if not has_env(node)}
    decoration, problems = validate(DecorationSection, sound, place, path, noted=late)
    return decoration, [*late, *problems]


def check_shape(document: Document) -> None:
    """Check all of a configuration that can be checked without its classes.

    Raises:
        ConfigError: Something is wrong; every problem is in it.
    """
    problems = settings_of(document)[1]
    divide(document.root, problems)
    if document.problems or problems:
        raise ConfigError([*document.problems, *_new(problems, document)])


def import_roots(document: Document) -> tuple[Path, ...]:
    """Give the folders that the project's imports start at; those by default if they are wrong."""
    try:
        return roots_of(document.folder, settings_of(document)[0].package.roots)
    except (ConfigError, ValueError):  # or a root is no path of this system
        return roots_of(document.folder, None)


def _new(problems: Iterable[Problem], document: Document) -> list[Problem]:
    """Leave out what follows from a link that leads nowhere: that is a problem already."""
    noted = {problem.place for problem in document.problems}
    return [problem for problem in problems if problem.place not in noted]


def _late(node: Node, key: Key) -> Iterator[Problem]:
    """Refuse variables in what decides how the tree is built: they are read afterwards."""
    for where, leaf in leaves(node, str(key)):
        if isinstance(leaf.value, EnvRef):
            yield late_problem(leaf, where)


def _typed(problem: Problem) -> Problem:
    """Leave out the place of what was typed: there is only one class on a command line."""
    if problem.place is None or problem.place.file != _COMMAND_LINE:
        return problem
    return Problem(problem.message, None, "", problem.hint)


def check_orchestrator(document: Document) -> Part:
    """Check the orchestrator's part of a configuration alone; no module is imported for it.

    Raises:
        ConfigError: Something is wrong with it.
        PluginError: The orchestrator can't be used.
    """
    return _Check(document, None, imports=False).orchestrator()


class _Check:
    def __init__(self, document: Document, file: Path | None, imports: bool = True) -> None:
        self.document = document
        self.problems = list(document.problems)
        self.settings, wrong = settings_of(document)
        self.problems += wrong
        self.roots = import_roots(document)
        modules = document.root.get("modules") if imports else None
        nodes = modules.value if modules and isinstance(modules.value, list) else []
        named = [node for node in nodes if isinstance(node.value, str)]
        self.finder = ClassFinder(named, file, self.roots, complete=self.knows_modules())

    def knows_modules(self) -> bool:
        """Whether the list of modules is right: else a class that isn't found may be in one."""
        try:
            return self.settings.modules is not None
        except ConfigError:
            return False

    def gather(self, found: Callable[[], Iterable[Problem]]) -> None:
        """Add what a check finds; one that needs a value which is wrong itself finds nothing."""
        with suppress(ConfigError):
            self.problems += list(found())

    def run(self, runner: str | None, skip_validation: bool, entrypoint: str | None) -> Blueprint:
        self.gather(self.root_problems)
        self.gather(self.expect_extensions)
        section = self.named_runner(divide(self.document.root, self.problems), runner)
        tree = self.part(section, None)
        decorators = [self.decorator(part) for part in section.parts if part.kind == "decorator"]
        blueprint = Blueprint(self.document, self.settings, tree, tuple(decorators), self.roots)
        blueprint = replace(blueprint, validated=not skip_validation)
        if not skip_validation:
            self.validate(blueprint, entrypoint)
        self.complain()
        return blueprint

    def orchestrator(self) -> Part:
        parts = divide(self.document.root, self.problems).parts
        self.gather(self.expect_extensions)
        named = [self.decorator(part) for part in parts if part.name == ORCHESTRATOR]
        for part in named:
            if part.cls is not None:
                self.problems += config_of(part, self.document.folder, None)[1]
        self.complain()
        return named[0]

    def complain(self) -> None:
        further = _new([*self.problems, *self.finder.problems], self.document)
        problems = [_typed(problem) for problem in [*self.document.problems, *further]]
        errors = self.finder.plugin_errors
        if not problems and len({error.message for error, _ in errors}) == 1:
            error, problem = errors[0]
            error.place = _typed(problem).place
            raise error
        problems += [problem for _, problem in errors]
        if problems:
            cause = self.finder.causes[0] if self.finder.causes else None
            raise ConfigError(problems) from cause

    def root_problems(self) -> Iterator[Problem]:
        node = self.document.root.get("package")
        roots = node.get("roots") if node else None
        for index, root in enumerate(self.settings.package.roots or ()):
            at = roots.get(index) if roots else None
            if at and not _is_folder(self.document.folder / root):
                message = f"no such folder in {str(self.document.folder)!r}: {root!r}"
                yield at.problem(message, f"package.roots.{index}")

    def expect_extensions(self) -> Iterator[Problem]:
        """Note the extensions that nobody provides; nothing is imported."""
        node = self.document.root.get("extensions")
        for index, name in enumerate(self.settings.extensions):
            at = node.get(index) if node else None
            if at:
                self.finder.expect_extension(name, at, f"extensions.{index}")
        return iter(())

    def named_runner(self, section: Section, runner: str | None) -> Section:
        if runner is not None:
            name = Node(runner, Place(_COMMAND_LINE, 1, 1), self.document.folder)
            return replace(section, class_name=name)
        if section.class_name is None or section.class_name.value is None:
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
        path = below(below(around, f"{section.kind}s"), name) if name else "runner"
        if any(problem.path == path for problem in self.problems):
            return None
        return self.finder.find(node, kind, path)

    def decorator(self, section: Section) -> Part:
        if section.name != ORCHESTRATOR:
            return self.decorating(section, self.find(section, "decorator"), section.config)
        cls = self.find(section, ORCHESTRATOR)
        name = str(section.class_name.value) if section.class_name else ""
        name = name.rpartition(":")[2]
        self.check_orchestrator_names(section, name)
        config = Node(section.config, section.place, self.document.folder)
        for other, values in section.orchestrators.items():
            if plugins.same_orchestrator(other, name):
                config = lay_over(config, config.with_value(values))
        part = self.decorating(section, cls, config.value)
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
        given = {key: config[key] for key in DecorationSection.model_fields if key in config}
        own = {key: node for key, node in config.items() if key not in given}
        path = below(section.path, "config")
        part = Part(section, cls, None, own)
        taken = declared(part, self.document.folder) | given
        part.decoration, wrong = _decoration(taken, section.place, path)
        self.problems += wrong
        self.gather(lambda: _method_problems(part, given.get("decorator_method")))
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

    def validate(self, blueprint: Blueprint, entrypoint: str | None) -> None:
        self.gather(lambda: _requirement_problems(blueprint))
        self.gather(lambda: _entrypoint_problems(blueprint))
        self.gather(lambda: _parameter_problems(blueprint, entrypoint))
        self.gather(lambda: unmet(blueprint))
        for part in [*blueprint.parts, *blueprint.decorators]:
            if part.cls is not None:
                self.problems += config_of(part, self.document.folder, None)[1]


def _requirement_problems(blueprint: Blueprint) -> Iterator[Problem]:
    """Find that the file with the requirements isn't there."""
    named = blueprint.settings.package.requirements
    package = blueprint.document.root.get("package")
    node = package.get("requirements") if package else None
    folder = blueprint.document.folder
    if named is not None and node and not _is_file(folder / named):
        message = f"no such file in {str(folder)!r}: {named!r}"
        yield node.problem(message, "package.requirements")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # no path of this system
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no path of this system
        return False


def _entrypoint_problems(blueprint: Blueprint) -> Iterator[Problem]:
    """Find what is wrong with the method that `entrypoint` names."""
    asked = blueprint.settings.entrypoint
    node = blueprint.document.root.get("entrypoint")
    if blueprint.runner.cls and asked is not None and node:
        try:
            choose(blueprint.runner.cls, asked)
        except UsageError as error:
            yield node.problem(error.message, "entrypoint", error.hint)


def _parameter_problems(blueprint: Blueprint, entrypoint: str | None) -> Iterator[Problem]:
    """Find configured parameters that don't fit the method which will be called."""
    cls = blueprint.runner.cls
    try:
        method = choose(cls, entrypoint or blueprint.settings.entrypoint) if cls else None
    except UsageError:
        return
    if method is not None:
        yield from configured(blueprint.document.root, getattr(cls, method), None)[1]


def _method_problems(part: Part, node: Node | None) -> Iterator[Problem]:
    """Find that a decorator hasn't the method which wraps others.

    The same section may stand for several orchestrators, and one that decorates nothing needs
    no such method.
    """
    if part.cls is None or part.decoration is None:
        return
    method = part.decoration.method_of(part.cls)
    if callable(getattr(part.cls, method, None)):
        return
    if part.section.name == ORCHESTRATOR and (method == DEFAULT_METHOD or not _decorates(part.cls)):
        return
    likely = nearest(method, public_methods(part.cls))
    hint = f"did you mean {likely!r}?" if likely else None
    message = f"{part.cls.__name__} has no method {method!r} to decorate with"
    place = node.place if node else part.section.place
    yield Problem(message, place, part.section.path, hint)


def _decorates(cls: type) -> bool:
    """Whether an orchestrator wraps methods at all: by a hook or a method of its own."""
    hooks = sum("decorate" in vars(base) for base in cls.__mro__)  # the base class has one
    return hooks > 1 or callable(getattr(cls, DecorationSection().method_of(cls), None))


assert set(Settings.model_fields) <= SECTIONS
