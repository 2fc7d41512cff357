"""The JSON schema of a configuration, with every orchestrator that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from lolpop import plugins
from lolpop.config.schema import build
from lolpop.errors import PluginError
from lolpop.workflow.blueprint import DecorationSection

Described = tuple[type[BaseModel] | None, Mapping[str, type[BaseModel]]]


def describe() -> tuple[dict[str, Any], list[PluginError]]:
    """Make the schema; orchestrators that can't be imported are left out and reported."""
    found: dict[str, Described] = {}
    broken: list[PluginError] = []
    for plugin in plugins.installed():
        if plugin.kind != "orchestrator":
            continue
        try:
            cls = plugins.load(plugin)
        except PluginError as error:
            broken.append(error)
            continue
        found[plugin.name] = (getattr(cls, "Config", None), getattr(cls, "options", {}))
    return build(DecorationSection, found), broken
