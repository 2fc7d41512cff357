"""The lock: everything that the workflow needs, exactly as it is installed."""

from __future__ import annotations

import platform
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lolpop import plugins
from lolpop.errors import PackageError
from lolpop.package.installed import Installed, installed_as
from lolpop.package.requirements import Required
from lolpop.plugins import Plugin
from lolpop.workflow.blueprint import Blueprint

_OF_THE_LIFECYCLE = frozenset({"orchestrator", "extension"})
_WHY_CORE = "what runs the steps"


def python_version() -> str:
    """Give this Python as `major.minor`."""
    return ".".join(platform.python_version_tuple()[:2])


def platform_name() -> str:
    """Name this platform as wheels for it are named."""
    return sysconfig.get_platform()


def roots_of_lock(required: Iterable[Required], blueprint: Blueprint) -> list[Required]:
    """Give what the closure starts at: the requirements, the core, and the named plugins.

    Plugins that deploy are left out, for a package knows no orchestrator; those that the
    workflow's classes come from are in, whether or not the project requires them.
    """
    offered = plugins.installed()
    used = set(_used(offered, blueprint))
    deploying = _deploying(offered) - used
    roots = [each for each in required if canonicalize_name(each.requirement.name) not in deploying]
    roots.append(Required(Requirement(plugins.CORE), _WHY_CORE))
    return [*roots, *(Required(Requirement(name), "the workflow") for name in sorted(used))]


def closure(roots: Iterable[Required]) -> list[Installed]:
    """Find everything that is required, directly or not, sorted by name.

    Raises:
        PackageError: Something isn't installed, or not in a version that fits.
    """
    found: dict[str, Installed] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [each for each in roots if _holds(each.requirement, "")]
    while waiting:
        each = waiting.pop()
        name = canonicalize_name(each.requirement.name)
        installed = found[name] = found.get(name) or _installed(each)
        _check_version(each, installed)
        for extra in {"", *each.requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _further(installed, extra)
    return [found[name] for name in sorted(found)]


def _used(offered: Iterable[Plugin], blueprint: Blueprint) -> Iterator[str]:
    """Name the distributions that the workflow's classes come from by entry point."""
    parts = [*blueprint.parts, *blueprint.decorators]
    classes = [part.cls for part in parts if part is not blueprint.orchestrator]
    targets = {f"{cls.__module__}:{cls.__qualname__}" for cls in classes if cls}
    for plugin in offered:
        if plugin.target in targets and plugin.distribution != plugins.CORE:
            yield plugin.distribution


def _deploying(offered: Iterable[Plugin]) -> set[str]:
    """Name the distributions that offer what deploys, and are no part of a workflow."""
    found = {each.distribution for each in offered if each.kind in _OF_THE_LIFECYCLE}
    return {*found, *plugins.FIRST_PARTY.values()} - {plugins.CORE}


def _further(installed: Installed, extra: str) -> Iterator[Required]:
    source = f"{installed.name} {installed.version}"
    for requirement in installed.requires:
        wanted = _holds(requirement, extra)
        if wanted and (not extra or not _holds(requirement, "")):
            yield Required(requirement, source)


def _holds(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({"extra": extra})


def _installed(each: Required) -> Installed:
    try:
        return installed_as(each.requirement.name)
    except metadata.PackageNotFoundError as error:
        wanted = _written(each.requirement)
        raise PackageError(
            f"{wanted!r} isn't installed, and {each.source} requires it",
            hint=f"pip install {_quoted(wanted)}",
        ) from error


def _check_version(each: Required, installed: Installed) -> None:
    specifier = each.requirement.specifier
    if specifier and not specifier.contains(installed.version, prereleases=True):
        wanted = _written(each.requirement)
        raise PackageError(
            f"{installed.name} {installed.version} is installed,"
            f" and {each.source} requires {wanted!r}",
            hint=f"pip install {_quoted(wanted)}",
        )


def _written(requirement: Requirement) -> str:
    """Write a requirement without its marker, which holds here."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    address = f" @ {requirement.url}" if requirement.url else ""
    return f"{requirement.name}{extras}{requirement.specifier}{address}"


def _quoted(requirement: str) -> str:
    return requirement if requirement.replace("-", "").isalnum() else f"'{requirement}'"
