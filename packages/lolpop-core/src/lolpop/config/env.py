"""`${env:NAME}`: a value that stands in the environment and is read late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lolpop.errors import UnsetVariableError


@dataclass(frozen=True, slots=True)
class EnvName:
    """One `${env:NAME}` or `${env:NAME:-default}`; the default serves when unset or empty."""

    name: str
    default: str | None = None

    def __str__(self) -> str:
        default = "" if self.default is None else f":-{self.default}"
        return f"${{env:{self.name}{default}}}"

    def read(self, environ: Mapping[str, str]) -> str:
        """Give the variable's value.

        Raises:
            UnsetVariableError: It isn't set and has no default.
        """
        value = environ.get(self.name)
        if self.default is not None:
            return value or self.default
        if value is None:
            raise UnsetVariableError(self.name)
        return value


@dataclass(frozen=True, slots=True)
class EnvRef:
    """A string that has environment variables in it and isn't read yet.

    It may be passed on as it is. Its text (`str`) is what the file says; no value of a
    variable is ever kept in it.
    """

    parts: tuple[str | EnvName, ...]

    def __str__(self) -> str:
        return "".join(
            part.replace("$", "$$") if isinstance(part, str) else str(part) for part in self.parts
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The variables it needs, in order."""
        return tuple(part.name for part in self.parts if isinstance(part, EnvName))

    def read(self, environ: Mapping[str, str]) -> str:
        """Put the variables' values in.

        Raises:
            UnsetVariableError: One of them isn't set and has no default.
        """
        return "".join(part if isinstance(part, str) else part.read(environ) for part in self.parts)
