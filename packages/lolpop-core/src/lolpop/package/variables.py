"""The environment variables that a package's workflow reads."""

from __future__ import annotations

from pathlib import Path

from lolpop.config.env import EnvRef
from lolpop.config.links import resolve
from lolpop.config.nodes import leaves
from lolpop.config.reader import read
from lolpop.package.archive import CONFIG


def variables(config: bytes) -> frozenset[str]:
    """Name the variables that a packaged configuration refers to by `${env:NAME}`."""
    if b"${env:" not in config:
        return frozenset()
    values = (leaf.value for _, leaf in leaves(resolve(read(config, CONFIG, Path()), [])))
    return frozenset(name for value in values if isinstance(value, EnvRef) for name in value.names)
