"""Tell an orchestrator's own configuration file from one of the project's."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from lolpop import plugins
from lolpop.config.document import DEFAULT_FILE, keys_of_section, read_file
from lolpop.config.nodes import Node
from lolpop.config.sections import ORCHESTRATOR
from lolpop.config.spelling import PLURALS, SECTIONS
from lolpop.errors import ConfigError, PluginError
from lolpop.inprocess import Source
from lolpop.workflow.blueprint import DecorationSection
from lolpop.workflow.check import import_roots
from lolpop.workflow.project import working_in


def divided(source: Source, orchestrator: str) -> Source:
    """Lay files that say something of an orchestrator alone over those of the project.

    The workflow then comes from the other files. If there are none it comes from the
    `lolpop.yaml` beside the orchestrator's file, else from that of the working folder.

    Args:
        source: Where the configuration comes from, as it was given.
        orchestrator: The name of the orchestrator that was given beside it.
    """
    read = {name: _read(name) for name in source.files}
    keys = _keys_of(source, orchestrator) if read else None
    own = [name for name, node in read.items() if node and _is_its(node, orchestrator, keys)]
    others = [name for name in source.files if name not in own]
    if own and not others:
        others = _beside(own[0])
        if not others and all(node and _is_whole(node) for node in read.values()):
            return source  # there is no project, but these files can be one
    return replace(source, files=tuple(others), orchestrator_files=tuple(own))


def _read(name: str) -> Node | None:
    """Read a file; None for one that can't be read, which loading the configuration says."""
    try:
        return read_file(name)
    except ConfigError:
        return None


def _beside(name: str) -> list[str]:
    places = (Path(name).parent / DEFAULT_FILE, Path(DEFAULT_FILE))
    return [str(place) for place in places if place.is_file()][:1]


def _keys_of(source: Source, orchestrator: str) -> Collection[str] | None:
    """Name the keys that may stand in an orchestrator's config; None where it isn't found."""
    cls = _class_of(source, orchestrator)
    if cls is None:
        return None
    fields = getattr(getattr(cls, "Config", None), "model_fields", {})
    return {*fields, *getattr(cls, "options", {}), *DecorationSection.model_fields}


def _class_of(source: Source, orchestrator: str) -> Any:
    """Import an orchestrator; what is wrong with it is said where its class is needed."""
    try:
        if ":" not in orchestrator:
            plugin = plugins.find("orchestrator", orchestrator)
            return plugins.load(plugin) if plugin else None
        beside = [place for name in source.files for place in _beside(name)]
        document = replace(source, files=tuple(beside[:1])).document()
        module, _, name = orchestrator.partition(":")
        with working_in(document.folder, import_roots(document)):
            return getattr(importlib.import_module(module), name, None)
    except (ConfigError, PluginError):
        return None
    except (Exception, SystemExit):  # the user's own code
        return None


def _is_its(node: Node, orchestrator: str, keys: Collection[str] | None) -> bool:
    """Whether a file says something of that orchestrator alone."""
    named = {str(key): child for key, child in node.items()}
    if not named or _is_whole(node):
        return bool(named)
    if not keys_of_section(node):
        return _is_config(named, keys)
    sections = [
        child
        for key, child in named.items()
        if key == "config" or plugins.same_orchestrator(key, orchestrator)
    ]
    configs = [child.get("config") or child if child.is_mapping else child for child in sections]
    inner = {str(key) for config in configs for key, _ in config.items()}
    known = "config" not in named or (bool(inner) and keys is not None and inner <= {*keys})
    return len(sections) == len(named) and known


def _is_whole(node: Node) -> bool:
    """Whether a file holds the section `orchestrator`, and nothing else."""
    return [str(key) for key, _ in node.items()] == [ORCHESTRATOR]


def _is_config(named: dict[str, Node], keys: Collection[str] | None) -> bool:
    """Whether a file holds keys of an orchestrator's config at its top level."""
    if named.keys() & {*SECTIONS, *PLURALS}:
        return False
    fits = keys is not None and named.keys() <= {*keys}
    return fits or not all(child.is_mapping for child in named.values())
