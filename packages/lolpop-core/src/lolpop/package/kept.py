"""Wheels, and a cache of those that were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lolpop import atomic
from lolpop.package.caches import cache_folder
from lolpop.storage import Store

Content = Mapping[str, bytes]
"""What is in a wheel, by path."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that goes into the package.

    Attributes:
        name: Its file name.
        content: Its bytes, the same for the same content.
    """

    name: str
    content: bytes


def kept(key: str, make: Callable[[], Wheel], store: Store | None = None) -> Wheel:
    """Make a wheel, or take the one that was made under the same key, by any process."""
    place = cache_folder(store) / "wheels" / key
    for path in sorted(place.glob("*.whl")):
        return Wheel(path.name, path.read_bytes())
    wheel = make()
    _keep(place / wheel.name, wheel.content)
    return wheel


def _keep(path: Path, content: bytes) -> None:
    """Write a file at once; a cache that can't be written is no failure."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, content)
    except OSError:
        return
