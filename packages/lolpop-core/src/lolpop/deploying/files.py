"""Tell an orchestrator's own configuration file from one of the project's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lolpop import plugins
from lolpop.config.document import keys_of_section, read_file
from lolpop.config.nodes import Node
from lolpop.config.spelling import SECTIONS
from lolpop.inprocess import Source
from lolpop.workflow.blueprint import DecorationSection


def divided(source: Source, orchestrator: str) -> Source:
    """Lay files that fit only an orchestrator beneath its section.

    The workflow then comes from the other files, or from `lolpop.yaml` if there are none.

    Args:
        source: Where the configuration comes from, as it was given.
        orchestrator: The name of the orchestrator that was given beside it.

    Raises:
        ConfigError: A file can't be read.
        PluginError: The orchestrator can't be used.
    """
    plugin = plugins.find("orchestrator", orchestrator) if source.files else None
    if plugin is None:
        return source
    keys = _keys_of(plugins.load(plugin))
    own = [name for name in source.files if _is_its(read_file(name), orchestrator, keys)]
    others = tuple(name for name in source.files if name not in own)
    return replace(source, files=others, orchestrator_files=tuple(own))


def _keys_of(cls: Any) -> frozenset[str]:
    """Name the keys that may stand in an orchestrator's config."""
    model = getattr(cls, "Config", None)
    fields = getattr(model, "model_fields", {})
    return frozenset({*fields, *getattr(cls, "options", {}), *DecorationSection.model_fields})


def _is_its(node: Node, orchestrator: str, keys: frozenset[str]) -> bool:
    """Whether a file says something of that orchestrator alone."""
    named = {str(key): child for key, child in node.items()}
    if not keys_of_section(node):
        return bool(named) and named.keys() <= keys and not named.keys() <= SECTIONS
    sections = [
        child
        for key, child in named.items()
        if key == "config" or plugins.same_orchestrator(key, orchestrator)
    ]
    configs = [child.get("config") or child if child.is_mapping else child for child in sections]
    inner = {str(key) for config in configs for key, _ in config.items()}
    return len(sections) == len(named) and bool(inner) and inner <= keys
