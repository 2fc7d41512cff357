"""The base of the core's own keys: what is wrong in them can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from pydantic import BaseModel, ConfigDict, PrivateAttr

from lolpop.errors import ConfigError, Problem


class Keys(BaseModel):
    """A section of the core's own keys; unknown ones are refused.

    A check goes on after a problem, to find the others. So that nothing works with a value
    that has one, reading such a key raises its problems.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    _unreadable: Mapping[str, tuple[Problem, ...]] = PrivateAttr({})

    @classmethod
    def partial(
        cls, values: Mapping[str, Any], unreadable: Mapping[str, tuple[Problem, ...]]
    ) -> Self:
        """Make a section of which some keys can't be read.

        Args:
            values: The values of the others, validated.
            unreadable: What is raised when a key is read, by its name.
        """
        made = cls.model_construct({*values, *unreadable}, **values)
        for name in unreadable:
            made.__dict__.pop(name, None)
        made._unreadable = dict(unreadable)  # noqa: SLF001 - its own class's
        return cast(Self, made)

    if not TYPE_CHECKING:  # or any misspelt attribute would pass for one of these

        def __getattr__(self, name: str) -> Any:
            if name[:1] != "_" and name in self._unreadable:
                raise ConfigError(self._unreadable[name])
            return super().__getattr__(name)
