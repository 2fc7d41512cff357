"""The configuration of an integration that doesn't type it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lolpop.errors import MissingValueError, listing, nearest


class ConfigView(Mapping[str, Any]):
    """What an integration without a `Config` sees: its own keys, its parents', its defaults.

    Read a key as `config["key"]`, `config.key` or `config.get("key", default)`.
    """

    __slots__ = ("_owner", "_values")

    def __init__(self, values: Mapping[str, Any] | None = None, owner: str = "") -> None:
        self._values = dict(values or {})
        self._owner = owner

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            raise self._missing(key)
        return self._values[key]

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Give a value, or the default where there is none."""
        return self._values.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ConfigView({self._values!r})"

    def __reduce__(self) -> tuple[type[ConfigView], tuple[dict[str, Any], str]]:
        return ConfigView, (self._values, self._owner)

    def _missing(self, key: str) -> MissingValueError:
        path = f"{self._owner}.config.{key}" if self._owner else f"config.{key}"
        likely = nearest(key, self._values)
        hint = f"did you mean {likely!r}?" if likely else f"set {path} in the configuration"
        message = f"no value for {path}; there is {listing(self._values)}"
        return MissingValueError(message, hint=hint)
