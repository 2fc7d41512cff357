"""Refuse modules of a project that hide those which lolpop, or an orchestrator, needs."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path

from packaging.requirements import Requirement

from lolpop import plugins
from lolpop.errors import PackageError
from lolpop.package.installed import Installed
from lolpop.package.lock import closure
from lolpop.package.requirements import Required
from lolpop.workflow.hidden import NEEDED, modules_of


def importable(paths: Iterable[str], roots: Iterable[str]) -> dict[str, str]:
    """Give the modules that a package's files make importable, each with its file.

    Args:
        paths: The paths of the project's files.
        roots: The folders that imports start at, from the project folder.
    """
    every = list(paths)
    found: dict[str, str] = {}
    for root in roots:
        prefix = "" if root == "." else f"{root}/"
        inner = modules_of(each[len(prefix) :] for each in every if each.startswith(prefix))
        for name, path in inner.items():
            found.setdefault(name, prefix + path)
    return found


def refuse_hiding(modules: Mapping[str, str], folder: Path, orchestrator: str | None) -> None:
    """Refuse modules under whose name lolpop or the orchestrator imports another one.

    Args:
        modules: The project's modules, each with its file.
        folder: The project folder.
        orchestrator: The distribution that deploys, or None.

    Raises:
        PackageError: There is one; it is named, and who needs the other.
    """
    for name, path in sorted(modules.items()):
        if name in NEEDED:
            raise _refusal(path, f"the module {name!r}, which lolpop imports")
    installed = [name for name in sorted(modules) if _is_installed(name, folder.resolve())]
    for distribution in filter(None, (plugins.CORE, orchestrator)):
        for name, owner in _owned(installed, distribution):
            what = f"the module {name!r} of {owner!r}, which {distribution!r} needs"
            raise _refusal(modules[name], what)


def hiding(modules: Mapping[str, str], orchestrator: str | None) -> Iterator[str]:
    """Say which modules hide what isn't needed here, but may be elsewhere."""
    engines = {known.removesuffix("Orchestrator").lower(): known for known in plugins.FIRST_PARTY}
    for name, path in sorted(modules.items()):
        if name in sys.stdlib_module_names:
            yield f"{path!r} hides the standard library's module {name!r}: rename it"
        elif name in engines and plugins.FIRST_PARTY[engines[name]] != orchestrator:
            yield f"{path!r} hides the module {name!r} from {engines[name]!r}: rename it"


def _refusal(path: str, what: str) -> PackageError:
    return PackageError(
        f"{path!r} hides {what}",
        hint=f"rename it, or leave it out: package: {{exclude: ['{path}']}}",
    )


def _is_installed(name: str, folder: Path) -> bool:
    """Tell whether a module of this name is installed, outside of the project."""
    elsewhere = [place for place in sys.path if not Path(place).absolute().is_relative_to(folder)]
    spec = PathFinder.find_spec(name, elsewhere)
    return bool(spec and spec.origin) and name not in sys.stdlib_module_names


def _owned(names: Collection[str], distribution: str) -> Iterator[tuple[str, str]]:
    """Find the names that are those of modules which a distribution needs."""
    if not names:
        return
    with suppress(PackageError):  # something isn't installed: who needs it says so
        for each in closure([Required(Requirement(distribution), "the deployment")]):
            for name in sorted(_top_level(each).intersection(names)):
                yield name, each.name


def _top_level(installed: Installed) -> set[str]:
    """Name the modules that a distribution brings."""
    files = installed.distribution.files or []
    named = (installed.distribution.read_text("top_level.txt") or "").split()
    return {*named, *modules_of(path.as_posix() for path in files)}
