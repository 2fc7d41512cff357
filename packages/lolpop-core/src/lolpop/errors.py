"""Every exception that lolpop raises on purpose, and the exit code each one ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar


class Fatal(Exception):  # noqa: N818 - what a workflow raises reads as a verdict
    """Raise this in a workflow to end its step at once: the step fails and isn't retried."""


class LolpopError(Exception):
    """The base of all errors that lolpop raises on purpose.

    Attributes:
        message: What happened, where, and what exists; lower case, no full stop.
        hint: What to do about it, or None.
        exit_code: What the command line ends with: 1 the workflow failed, 2 usage or
            configuration, 3 plugin, 4 engine, 5 not all stopped.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def facts(self) -> dict[str, Any]:
        """Give the error as plain JSON values, for `--output json`."""
        return {"type": type(self).__name__, "message": self.message, "hint": self.hint}


class UsageError(LolpopError):
    """The command was called with words that don't fit."""


class NotFoundError(LolpopError):
    """A run, step, deployment or package that was asked for doesn't exist."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file (or `--set`), and its line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the configuration.

    Attributes:
        message: What is wrong and what was expected.
        place: Where it stands, or None where no file says anything about it.
        path: The dotted path of the value, empty for the whole document.
        hint: What to do, or None.
    """

    message: str
    place: Place | None = None
    path: str = ""
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        path = f"{self.path}: " if self.path else ""
        return f"{where}{path}{self.message}"

    def facts(self) -> dict[str, Any]:
        """Give the problem as plain JSON values."""
        place = self.place
        return {
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "path": self.path,
            "message": self.message,
            "hint": self.hint,
        }


def _position(problem: Problem) -> tuple[bool, str, int, int]:
    place = problem.place
    return (True, "", 0, 0) if place is None else (False, place.file, place.line, place.column)


def _in_brackets(hint: str | None) -> str:
    return f" ({hint})" if hint else ""


class ConfigError(LolpopError):
    """The configuration can't be used; `problems` holds all that is wrong, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=_position))
        count = len(self.problems)
        if count == 1:
            super().__init__(str(self.problems[0]), hint=self.problems[0].hint)
            return
        lines = [f"  {problem}" + _in_brackets(problem.hint) for problem in self.problems]
        super().__init__("\n".join([f"{count} problems in the configuration", *lines]))

    def facts(self) -> dict[str, Any]:
        """Give the error and each of its problems as plain JSON values."""
        return {**super().facts(), "problems": [problem.facts() for problem in self.problems]}


class ExpressionError(LolpopError):
    """A `$` in a value means nothing."""


class UnsetVariableError(LolpopError):
    """An environment variable is needed and isn't set; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"environment variable {name!r} isn't set",
            hint=f"set it, or give a default: ${{env:{name}:-default}}",
        )
        self.name = name


class MissingValueError(LolpopError, AttributeError, KeyError):
    """An integration asked for a key that its configuration doesn't have."""

    def __str__(self) -> str:
        return self.message


class WorkflowError(LolpopError):
    """The user's own code raised; its error is the cause."""

    exit_code = 1


class RehearsalError(LolpopError):
    """The steps of a workflow don't give what its plain run gives.

    Attributes:
        step: The first step that differs, or None where only the workflow's result does.
        found: What the rehearsal found, as plain JSON values.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, step: str | None, found: Mapping[str, Any], hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.step = step
        self.found = found

    def facts(self) -> dict[str, Any]:
        """Give the error, the step and what the rehearsal found as plain JSON values."""
        return {**super().facts(), "step": self.step, "rehearsal": dict(self.found)}


class PluginError(LolpopError):
    """A plugin can't be used as it is; `plugin` names it.

    Attributes:
        plugin: The plugin's name as the YAML has it.
        distribution: The distribution and version that provides it, or None.
        place: Where the configuration names it, or None where it doesn't.
    """

    exit_code = 3
    place: Place | None = None

    def __init__(
        self,
        message: str,
        *,
        plugin: str,
        distribution: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin
        self.distribution = distribution

    def facts(self) -> dict[str, Any]:
        """Give the error, the plugin, its distribution and its place as plain JSON values."""
        named = {"plugin": self.plugin, "distribution": self.distribution}
        return {**super().facts(), **named, "place": str(self.place) if self.place else None}


class PluginNotInstalledError(PluginError):
    """No installed distribution provides the plugin that was named."""


class PluginConflictError(PluginError):
    """Two distributions provide a plugin of the same name."""


class PluginImportError(PluginError):
    """The plugin's own code failed to import; its error is the cause."""


class PluginHookError(PluginError):
    """A hook is misspelt, takes an unknown argument, or isn't a wrapper where it must be."""


class PluginIncompleteError(PluginError):
    """The plugin lacks a hook that the verb needs."""


class PluginVersionError(PluginError):
    """The plugin was made for another version of the contract."""


class ContractError(LolpopError):
    """A value that a hook gave or got isn't what the contract says."""

    exit_code = 3


class UnsupportedError(LolpopError):
    """The orchestrator can't do what was asked of it, and says so before anything is done."""

    exit_code = 3


class EngineError(LolpopError):
    """The engine refused or failed what was asked of it."""

    exit_code = 4


class EngineUnreachableError(EngineError):
    """The engine didn't answer."""


class OwnershipError(LolpopError):
    """The deployment belongs to another project."""


class NotStoppedError(LolpopError):
    """Something still runs after a stop; `left` names it."""

    exit_code = 5

    def __init__(self, message: str, *, left: Sequence[str], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.left = tuple(left)

    def facts(self) -> dict[str, Any]:
        """Give the error and what is left as plain JSON values."""
        return {**super().facts(), "left": list(self.left)}


def nearest(name: object, names: Iterable[str]) -> str | None:
    """Find the name a person most likely meant, or None if nothing is close.

    Args:
        name: What was written.
        names: What exists.
    """
    exact = {known.casefold(): known for known in sorted(names)}
    found = get_close_matches(str(name).casefold(), exact, n=1, cutoff=0.6)
    return exact[found[0]] if found else None


def listing(names: Iterable[str]) -> str:
    """Write names as a sorted list for a message; `nothing` when there are none."""
    return ", ".join(sorted(names)) or "nothing"


class StorageError(LolpopError):
    """The storage can't be reached, or what lies in it is damaged; `url` names it."""

    exit_code = 4

    def __init__(self, message: str, *, url: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.url = url

    def facts(self) -> dict[str, Any]:
        """Give the error and the storage's URL as plain JSON values."""
        return {**super().facts(), "url": self.url}


class DamagedError(StorageError):
    """Something in the storage can be reached, and isn't what was written."""


class UnstorableError(LolpopError):
    """A value can't be stored.

    Attributes:
        path: The expression that leads to what can't, such as `result['model'].client`.
        type_name: That thing's type.
    """

    exit_code = 1

    def __init__(self, path: str, type_name: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f"{path} can't be stored: {reason} ({type_name})", hint=hint)
        self.path = path
        self.type_name = type_name

    def facts(self) -> dict[str, Any]:
        """Give the error, the path and the type as plain JSON values."""
        return {**super().facts(), "path": self.path, "type_name": self.type_name}


class PackageError(LolpopError):
    """A workflow can't be packaged, or a package can't be used here."""


class SecretError(ConfigError):
    """A secret stands in the configuration as it is, and would enter the package."""


class HostilePackageError(PackageError):
    """An archive isn't what a package of lolpop's can be: damaged, or made to do harm."""


class RulesBrokenError(LolpopError):
    """An orchestrator doesn't keep rules of the contract; the message names them."""

    exit_code = 3
