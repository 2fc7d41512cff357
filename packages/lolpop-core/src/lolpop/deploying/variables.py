"""The environment variables that a deployment needs, and where."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lolpop.config.document import Document
from lolpop.config.env import EnvRef
from lolpop.config.links import resolve
from lolpop.config.nodes import Node, leaves
from lolpop.config.reader import read
from lolpop.contract import Manifest
from lolpop.package.archive import CONFIG

STEPS, VERBS = "where the steps run", "where lolpop is called"
_OF_VERBS = ("orchestrator", "deployment", "storage")


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that the configuration refers to.

    Attributes:
        name: Its name.
        where: Where it is read: `where the steps run` or `where lolpop is called`.
        paths: What is configured by it.
        is_set: Whether it is set here, in this process.
    """

    name: str
    where: str
    paths: tuple[str, ...]
    is_set: bool


def variables(document: Document, manifest: Manifest) -> list[Variable]:
    """List what a deployment needs in its environment, in the order of the names."""
    packaged = resolve(read(json.dumps(manifest.config).encode(), CONFIG, Path()), [])
    read_by = {
        STEPS: _references(packaged),
        VERBS: _references(document.root, *_OF_VERBS),
    }
    return [
        Variable(name, where, tuple(paths), name in os.environ)
        for where, found in read_by.items()
        for name, paths in sorted(found.items())
    ]


def _references(root: Node, *sections: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, name in _named(root):
        if not sections or path.partition(".")[0] in sections:
            found.setdefault(name, []).append(path)
    return found


def _named(root: Node) -> Iterator[tuple[str, str]]:
    for path, leaf in leaves(root):
        if isinstance(leaf.value, EnvRef):
            yield from ((path, name) for name in leaf.value.names)
