"""Tell lolpop's own configuration files from the YAML that a workflow reads."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from lolpop.config.nodes import Node
from lolpop.config.paths import written
from lolpop.config.reader import read
from lolpop.config.sections import ORCHESTRATOR
from lolpop.config.settings import Settings
from lolpop.config.spelling import PLURALS, SECTIONS, normalise
from lolpop.config.validation import validate
from lolpop.errors import ConfigError, Problem

_YAML = (".yaml", ".yml")
_LARGEST = 1_000_000
_INTEGRATIONS = ("pipelines", "components", "decorators")
_TELLING = frozenset(
    {"runner", "pipelines", "steps", "deployment", "package", "storage", "extensions"}
)
_WORDS = "|".join(sorted({*_TELLING, *(one for one, many in PLURALS.items() if many in _TELLING)}))
_HEADED = re.compile(rf"""(?:\A\s*\{{|^["']?(?:{_WORDS})["']?\s*:)""".encode(), re.MULTILINE)


class Configurations:
    """Tells which files are configurations, named or not.

    A package knows no orchestrator and no deployment, so that a workflow has the same digest
    on each: `prod.yaml`, beside `dev.yaml`, goes in no more than the one given with `-c`.

    Args:
        named: The files that were given.
        integrations: The names that may head a section beside the core's own.
    """

    def __init__(self, named: Iterable[Path], integrations: Collection[str] = ()) -> None:
        self._named = {os.path.realpath(file) for file in named}
        self._integrations = frozenset(integrations)
        self._known: dict[str, bool] = {}

    def __call__(self, file: str) -> bool:
        """Tell whether a file is a configuration; links are followed."""
        if not file.endswith(_YAML):
            return file in self._named
        place = os.path.realpath(file)
        if place not in self._known:
            self._known[place] = place in self._named or self._looks_so(Path(place))
        return self._known[place]

    def _looks_so(self, file: Path) -> bool:
        root = _root_of(file)
        return root is not None and (_names_orchestrator(root) or self._is_overlay(root))

    def _is_overlay(self, root: Node) -> bool:
        """Tell whether a mapping holds sections of the core's and of integrations only.

        One of them must be such that data seldom has, and all must have the core's form:
        `config: {…}` alone, or a `deployment` with other keys, is somebody's own.
        """
        problems: list[Problem] = []
        document = normalise(root, problems)
        sections = {written(key): node for key, node in document.items()}
        own = {written(key) for each in _INTEGRATIONS for key, _ in _entries(sections.get(each))}
        if not sections.keys() & _TELLING or sections.keys() - SECTIONS - own - self._integrations:
            return False
        settings = {
            key: node
            for key, node in sections.items()
            if key in Settings.model_fields and node.value is not None
        }
        return not (problems or validate(Settings, settings, root.place, "")[1])


def _entries(node: Node | None) -> Iterable[tuple[object, Node]]:
    return node.items() if node else ()


def _root_of(file: Path) -> Node | None:
    """Read a file that may be a configuration; None for any other."""
    try:
        if file.stat().st_size > _LARGEST:
            return None
        content = file.read_bytes()
        if ORCHESTRATOR.encode() not in content.lower() and not _HEADED.search(content):
            return None
        return read(content, file.name, file.parent)
    except (ConfigError, OSError):
        return None


def _names_orchestrator(root: Node) -> bool:
    """Tell whether a configuration names or configures an orchestrator."""
    decorators = root.get("decorators") or root.get("decorator")
    if any(node and node.get(ORCHESTRATOR) for node in (root, decorators)):
        return True
    keys = [written(key) for key, _ in root.items()]
    return keys != ["config"] and bool(keys) and all(map(_heads_orchestrator, keys))


def _heads_orchestrator(key: str) -> bool:
    return key == "config" or key.endswith("Orchestrator")
