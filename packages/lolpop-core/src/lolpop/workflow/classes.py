"""Find the class that a name in the configuration means."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from lolpop import plugins
from lolpop.config.nodes import Node
from lolpop.errors import PluginError, Problem, nearest
from lolpop.workflow.integration import Integration, kinds_of
from lolpop.workflow.running import said

_WANTED = {
    "runner": ("runner",),
    "pipeline": ("pipeline",),
    "component": ("component",),
    "orchestrator": ("orchestrator",),
    "decorator": ("component",),
}


class ClassFinder:
    """Looks names up in the project's file and modules, then among the plugins.

    What goes wrong is noted: in `problems`, a plugin's trouble in `plugin_errors` (with the
    problem that it is for the file), and an exception of the user's own code in `causes`.

    Args:
        modules: The module names of the configuration, with their places.
        file: A file of the user's that is looked into first, or None.
        roots: The folders on `sys.path` that hold the project's modules.
        complete: Whether these are all modules; if not, no class is missed.
    """

    def __init__(
        self,
        modules: Sequence[Node],
        file: Path | None = None,
        roots: Sequence[Path] = (),
        complete: bool = True,
    ) -> None:
        self.problems: list[Problem] = []
        self.plugin_errors: list[tuple[PluginError, Problem]] = []
        self.causes: list[BaseException] = []
        self._roots = roots
        self._broken = not complete
        self._modules = [*self._from_file(file), *self._imported(modules)]

    def find(self, name: Node, kind: str, path: str) -> type[Integration] | None:
        """Find the class for a node that holds its name; None if a problem was noted.

        Args:
            name: The class's name, or `module:Class`.
            kind: What it has to be: `runner`, `pipeline`, `component`, `orchestrator`, or
                `decorator` for anything that can decorate.
            path: The dotted path of the node.
        """
        text = str(name.value)
        try:
            found = self._named(text, kind, name, path)
        except PluginError as error:
            self._note(error, name, path)
            return None
        if found is None:
            return None
        actual = kinds_of(found)
        if actual in _WANTED[kind] and isinstance(found, type):
            return found
        self.problems.append(name.problem(_unfit(text, found, actual, kind), path))
        return None

    def expect_extension(self, text: str, name: Node, path: str) -> None:
        """Note an extension that isn't installed, or is provided twice."""
        try:
            if plugins.find("extension", text) is None:
                raise plugins.not_installed("extension", text)
        except PluginError as error:
            self._note(error, name, path)

    def _note(self, error: PluginError, name: Node, path: str) -> None:
        self.plugin_errors.append((error, name.problem(error.message, path, error.hint)))

    def _named(self, text: str, kind: str, name: Node, path: str) -> object | None:
        if ":" in text:
            return self._in_full(text, name, path)
        for module in self._modules:
            if hasattr(module, text):
                found: object = getattr(module, text)
                return found
        for group in _WANTED[kind]:
            if plugin := plugins.find(group, text):
                return plugins.load(plugin)
        if other := _other_kind(text, kind):
            self.problems.append(name.problem(_misplaced(text, other, kind), path))
        elif kind == "orchestrator" and (plugins.pip_line(text) or not self._may_be_ours(text)):
            raise plugins.not_installed(kind, text)
        else:
            self._not_found(text, kind, name, path)
        return None

    def _may_be_ours(self, text: str) -> bool:
        """Whether a name is rather a slip, or one that a broken module has, than a plugin."""
        ours = [name for module in self._modules for name in _integrations(module)]
        return self._broken or nearest(text, ours) is not None

    def _not_found(self, text: str, kind: str, name: Node, path: str) -> None:
        """Note that nobody has the name, unless a module that may have it is broken."""
        if self._broken:
            return
        likely = nearest(text, self._candidates())
        searched = [module.__name__ for module in self._modules]
        where = f"modules {', '.join(searched)}" if searched else "no modules"
        hint = f"did you mean {likely!r}?" if likely else _no_candidate(text, searched)
        groups = " and ".join(f"{group}s" for group in _WANTED[kind])
        message = f"no {kind} {text!r}: searched {where} and the installed {groups}"
        self.problems.append(name.problem(message, path, hint))

    def _candidates(self) -> Iterator[str]:
        for module in self._modules:
            yield from _integrations(module)
        yield from plugins.names()

    def _in_full(self, text: str, name: Node, path: str) -> object | None:
        module_name, _, class_name = text.partition(":")
        module = self._import(module_name, name, path)
        if module is None:
            return None
        if hasattr(module, class_name):
            found: object = getattr(module, class_name)
            return found
        likely = nearest(class_name, _integrations(module))
        hint = f"did you mean {likely!r}?" if likely else None
        message = f"module {module_name!r} has no {class_name!r}"
        self.problems.append(name.problem(message, path, hint))
        return None

    def _imported(self, modules: Sequence[Node]) -> Iterator[ModuleType]:
        for index, node in enumerate(modules):
            module = self._import(str(node.value), node, f"modules.{index}")
            if module is None:
                self._broken = True
            else:
                yield module

    def _import(self, name: str, node: Node, path: str) -> ModuleType | None:
        try:
            return self._unhidden(importlib.import_module(name), node, path)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                self._failed(error, name, node, path)
                return None
        except (Exception, SystemExit) as error:
            self._failed(error, name, node, path)
            return None
        likely = nearest(name, self._project_modules())
        hint = f"did you mean {likely!r}?" if likely else self._where_modules_stand()
        self.problems.append(node.problem(f"no module named {name!r}", path, hint))
        return None

    def _unhidden(self, module: ModuleType, node: Node, path: str) -> ModuleType | None:
        """Refuse what was imported already under the name of a module of the project's."""
        top = module.__name__.partition(".")[0]
        file = getattr(sys.modules.get(top), "__file__", None)
        inside = file and any(Path(file).resolve().is_relative_to(root) for root in self._roots)
        if inside or top not in self._project_modules():
            return module
        message = f"the project's module {top!r} is hidden by {file or 'a module of Python'}"
        self.problems.append(node.problem(message, path, "give it another name"))
        return None

    def _failed(self, error: BaseException, name: str, node: Node, path: str) -> None:
        self.problems.append(node.problem(f"importing {name!r} failed: {said(error)}", path))
        self.causes.append(error)

    def _project_modules(self) -> Iterator[str]:
        for root in self._roots:
            if root.is_dir():
                yield from (item.stem for item in root.iterdir() if _is_module(item))

    def _where_modules_stand(self) -> str:
        return f"project modules stand in {', '.join(str(root) for root in self._roots)}"

    def _from_file(self, file: Path | None) -> Iterator[ModuleType]:
        if file is None:
            return
        if not file.is_file():
            self.problems.append(Problem(f"no such file: {str(file)!r}"))
            self._broken = True
            return
        try:
            yield import_file(file, self._roots)
        except (Exception, SystemExit) as error:
            self.problems.append(Problem(f"importing {str(file)!r} failed: {said(error)}"))
            self.causes.append(error)
            self._broken = True


def _integrations(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if kinds_of(value)]


def _is_module(item: Path) -> bool:
    return item.suffix == ".py" or (item.is_dir() and (item / "__init__.py").exists())


def _no_candidate(text: str, searched: Sequence[str]) -> str:
    if searched:
        return f"define it there, or name it in full: module:{text}"
    return f"name the project's modules under `modules`, or the class in full: module:{text}"


def _other_kind(text: str, kind: str) -> str | None:
    """Give the kind of the plugin that a name means, where it isn't of the kind that fits."""
    if kind != "orchestrator" and plugins.pip_line(text):
        return "orchestrator"
    kinds = plugins.kinds(text)
    return min(kinds - {*_WANTED[kind], "extension"}, default=None)


def _misplaced(text: str, actual: str, kind: str) -> str:
    if actual == "orchestrator":
        return f"{text!r} is an orchestrator: name it under decorators.orchestrator"
    wanted = "component that decorates" if kind == "decorator" else kind
    article = "an" if wanted == "orchestrator" else "a"
    return f"{text!r} is a {actual}, expected {article} {wanted}"


def _unfit(text: str, found: object, actual: str | None, kind: str) -> str:
    base = _WANTED[kind][0].capitalize()
    if not isinstance(found, type):
        return f"{text!r} isn't a class but {type(found).__name__}: expected a {base}"
    if actual is None:
        return f"class {text!r} isn't an integration: it must subclass lolpop.{base}"
    return _misplaced(text, actual, kind)


def import_file(file: Path, roots: Sequence[Path]) -> ModuleType:
    """Import a Python file, under its dotted name where it stands beneath a root.

    Raises:
        Exception: Whatever the file itself raises.
    """
    path = file.resolve()
    for root in roots:
        if path.is_relative_to(root.resolve()):
            dotted = ".".join(path.relative_to(root.resolve()).with_suffix("").parts)
            if _is_found_as(dotted, path):
                return importlib.import_module(dotted)
    return _import_alone(path)


def _is_found_as(dotted: str, path: Path) -> bool:
    """Whether an import of a name leads to a file, and not to another module of that name."""
    if not all(part.isidentifier() for part in dotted.split(".")):
        return False
    try:
        spec = importlib.util.find_spec(dotted)
    except (ImportError, ValueError):
        return False
    return bool(spec and spec.origin and Path(spec.origin).resolve() == path)


def _import_alone(path: Path) -> ModuleType:
    name = path.stem if path.stem not in sys.modules else f"lolpop_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name!r} isn't a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
