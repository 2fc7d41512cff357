"""The JSON schema of a configuration, with every orchestrator that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from lolpop import plugins
from lolpop.config.schema import build
from lolpop.errors import PluginError
from lolpop.plugins import Plugin
from lolpop.workflow.blueprint import DecorationSection

Described = tuple[type[BaseModel] | None, Mapping[str, type[BaseModel]]]


def describe() -> tuple[dict[str, Any], list[PluginError]]:
    """Make the schema; orchestrators that can't be used are left out and reported."""
    found: dict[str, Described] = {}
    broken: dict[str, PluginError] = {}
    for plugin in plugins.installed():
        if plugin.kind == "orchestrator" and plugin.name not in {*found, *broken}:
            try:
                plugins.find(plugin.kind, plugin.name)
                found[plugin.name] = _described(plugin)
            except PluginError as error:
                broken[plugin.name] = error
    return build(DecorationSection, found), list(broken.values())


def _described(plugin: Plugin) -> Described:
    """Import an orchestrator, and make sure that a schema can tell what it takes."""
    cls: Any = plugins.load(plugin)
    try:
        described: Described = (getattr(cls, "Config", None), cls.options)
        build(DecorationSection, {plugin.name: described})
    except Exception as error:
        raise PluginError(
            f"{plugin.kind} {plugin.name!r} of {plugin.provider} can't be described:"
            f" {type(error).__name__}: {error}",
            plugin=plugin.name,
            distribution=plugin.provider,
        ) from error
    return described
