"""Installed plugins: what distributions offer by entry point. Nothing else reads entry points."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from itertools import groupby

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lolpop._version import __version__
from lolpop.errors import (
    PluginConflictError,
    PluginImportError,
    PluginNotInstalledError,
    PluginVersionError,
    nearest,
)

CORE = "lolpop-core"
GROUPS = {
    "orchestrator": "lolpop.orchestrators",
    "runner": "lolpop.runners",
    "pipeline": "lolpop.pipelines",
    "component": "lolpop.components",
    "extension": "lolpop.extensions",
}
FIRST_PARTY = {
    "PrefectOrchestrator": "lolpop-prefect",
    "DagsterOrchestrator": "lolpop-dagster",
    "AirflowOrchestrator": "lolpop-airflow",
}
_KINDS = {group: kind for kind, group in GROUPS.items()}
_SUFFIX = "orchestrator"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What one entry point offers; nothing of it is imported yet.

    Attributes:
        kind: `orchestrator`, `runner`, `pipeline`, `component` or `extension`.
        name: The name that YAML uses.
        target: Where the code is, as `module:attribute`.
        distribution: The distribution's name.
        version: Its version.
        requires: What its metadata says of lolpop-core, such as `>=1,<2`; None for nothing.
    """

    kind: str
    name: str
    target: str
    distribution: str
    version: str
    requires: str | None

    @property
    def provider(self) -> str:
        """The distribution and its version, as messages name it."""
        return f"{self.distribution} {self.version}"

    @property
    def fits(self) -> bool:
        """Whether it was made for this version of the contract."""
        if self.requires is None or self.distribution == CORE:
            return True
        return Requirement(f"{CORE}{self.requires}").specifier.contains(__version__, True)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry point as it stands in a distribution's file; the metadata isn't read yet."""

    kind: str
    name: str
    target: str
    dist: metadata.Distribution


def installed() -> tuple[Plugin, ...]:
    """List every plugin that is installed, in the order in which Python finds them.

    A distribution whose metadata can't be read offers nothing; `unreadable` names it.
    """
    return _read(_entries()[0])[0]


def names(kind: str | None = None) -> tuple[str, ...]:
    """Name the installed plugins of a kind, or all, each once; no metadata is read for it."""
    found = (entry.name for entry in _entries()[0] if kind in (None, entry.kind))
    return tuple(dict.fromkeys(found))


def kinds(name: str) -> set[str]:
    """Give the kinds of the installed plugins of a name."""
    return {entry.kind for entry in _entries()[0] if entry.name == name}


def unreadable() -> tuple[str, ...]:
    """Say which distributions seem to offer plugins but have metadata that can't be read."""
    entries, troubles = _entries()
    return (*troubles, *_read(entries)[1])


def forget() -> None:
    """Look anew at what is installed, the next time that somebody asks."""
    _entries.cache_clear()


@cache
def _entries() -> tuple[tuple[_Entry, ...], tuple[str, ...]]:
    """Read every distribution's entry points, and nothing else of it: there may be thousands."""
    entries: list[_Entry] = []
    troubles: list[str] = []
    for dist in metadata.distributions():
        try:
            text = dist.read_text("entry_points.txt") or ""
            if "lolpop." in text:
                entries += _parsed(text, dist)
        except Exception as error:  # whatever stands in there, the others aren't to blame
            troubles.append(_trouble(dist, error))
    return tuple(entries), tuple(troubles)


def _parsed(text: str, dist: metadata.Distribution) -> Iterator[_Entry]:
    kind = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            if not line.endswith("]"):
                raise ValueError(f"entry_points.txt has a section without an end: {line!r}")
            kind = _KINDS.get(line[1:-1].strip())
        elif kind and not line.startswith(("#", ";")) and "=" in line:
            name, _, value = line.partition("=")
            target = value.partition("[")[0].strip()  # extras may follow in brackets
            yield _Entry(kind, name.strip(), target, dist)


def _read(entries: Iterable[_Entry]) -> tuple[tuple[Plugin, ...], tuple[str, ...]]:
    """Read the metadata behind entries; give the plugins, and what can't be read.

    The first distribution of a name hides those behind it on `sys.path`.
    """
    plugins: list[Plugin] = []
    troubles: dict[str, None] = {}
    first: dict[str, metadata.Distribution] = {}
    for dist, offered in groupby(entries, lambda entry: entry.dist):
        try:
            name = canonicalize_name(dist.metadata["Name"])
            version, requires = dist.version, _requires(dist)
        except Exception as error:  # whatever stands in there, the others aren't to blame
            troubles[_trouble(dist, error)] = None
            continue
        if first.setdefault(name, dist) is dist:
            plugins += [
                Plugin(entry.kind, entry.name, entry.target, name, version, requires)
                for entry in offered
            ]
    return tuple(plugins), tuple(troubles)


def _trouble(dist: metadata.Distribution, error: Exception) -> str:
    reason = str(error).partition("\n")[0]
    return f"a distribution in {dist.locate_file('')}: {type(error).__name__}: {reason}"


def _requires(dist: metadata.Distribution) -> str | None:
    """Join what a distribution requires of the core in this environment, without extras."""
    found: list[str] = []
    for line in dist.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if canonicalize_name(requirement.name) == CORE and (
            marker is None or marker.evaluate({"extra": ""})
        ):
            found.append(str(requirement.specifier))
    return ",".join(filter(None, found)) if found else None


def find(kind: str, name: str) -> Plugin | None:
    """Find the plugin that a YAML name means, by its name or (orchestrators) its alias.

    Raises:
        PluginConflictError: Two distributions provide it.
    """
    entries = [entry for entry in _entries()[0] if entry.kind == kind and _means(entry, name)]
    found = _read(entries)[0]
    exact = [plugin for plugin in found if plugin.name == name] or list(found)
    if len({plugin.distribution for plugin in exact}) > 1:
        providers = " and ".join(plugin.provider for plugin in exact)
        raise PluginConflictError(
            f"{kind} {name!r} is provided twice: by {providers}",
            plugin=name,
            distribution=exact[0].provider,
            hint=f"uninstall one of them: pip uninstall {exact[-1].distribution}",
        )
    return exact[0] if exact else None


def _means(entry: _Entry, name: str) -> bool:
    if entry.name == name:
        return True
    return entry.kind == _SUFFIX and same_orchestrator(entry.name, name)


def same_orchestrator(one: str, other: str) -> bool:
    """Whether two names mean the same orchestrator: `prefect` is `PrefectOrchestrator`."""
    return _short(one) == _short(other)


def _short(name: str) -> str:
    return name.casefold().removesuffix(_SUFFIX)


def known_orchestrators() -> tuple[str, ...]:
    """Name the orchestrators that are installed or that the lolpop project publishes."""
    return tuple(dict.fromkeys([*names(_SUFFIX), *FIRST_PARTY]))


def not_installed(kind: str, name: str) -> PluginNotInstalledError:
    """Make the error for a plugin that no distribution provides."""
    there = names(kind)
    line = pip_line(name) if kind == _SUFFIX else None
    return PluginNotInstalledError(
        f"{kind} {name!r} isn't installed; installed: {', '.join(there) or 'none'}",
        plugin=name,
        hint=line or _did_you_mean(kind, name, there),
    )


def _did_you_mean(kind: str, name: str, there: Iterable[str]) -> str:
    likely = nearest(name, known_orchestrators() if kind == _SUFFIX else there)
    where = "`lolpop plugins list` shows what is installed"
    return f"did you mean {likely!r}? {where}" if likely else where


def pip_line(name: str) -> str | None:
    """Give the command that installs a plugin of the lolpop project, or None."""
    for known, distribution in FIRST_PARTY.items():
        if same_orchestrator(known, name):
            return f"pip install {distribution}"
    return None


def load(plugin: Plugin) -> object:
    """Import what a plugin's entry point names.

    Raises:
        PluginVersionError: It was made for another version of the contract.
        PluginImportError: Its code failed; the failure is the cause.
    """
    if not plugin.fits:
        raise wrong_version(plugin)
    module_name, _, attribute = plugin.target.partition(":")
    try:
        found: object = importlib.import_module(module_name)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise PluginImportError(
            f"{plugin.kind} {plugin.name!r} of {plugin.provider} failed to import:"
            f" {type(error).__name__}: {error}",
            plugin=plugin.name,
            distribution=plugin.provider,
            hint=f"`lolpop plugins doctor {plugin.name}` says more",
        ) from error
    return found


def wrong_version(plugin: Plugin) -> PluginVersionError:
    """Make the error for a plugin that was made for another version of the contract."""
    return PluginVersionError(
        f"{plugin.kind} {plugin.name!r} of {plugin.provider} was made for"
        f" lolpop-core{plugin.requires}, this is lolpop-core {__version__}",
        plugin=plugin.name,
        distribution=plugin.provider,
        hint=f"pip install --upgrade {plugin.distribution} {CORE}",
    )


def foreign_lolpop() -> str | None:
    """Give the version of the unrelated distribution `lolpop`, if it is installed too.

    It has the same import name, so its files and ours overwrite each other.
    """
    try:
        return metadata.version("lolpop")
    except metadata.PackageNotFoundError:
        return None


FOREIGN_HINT = "pip uninstall -y lolpop && pip install --force-reinstall --no-deps lolpop-core"
