"""The steps of a workflow, found without packaging or running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lolpop.contract import StepGraph, StepSettings, to_json
from lolpop.deploying.specifying import step_settings
from lolpop.inprocess import Source, prepared
from lolpop.package.standard import graph_of, store_of
from lolpop.steps.share import Share, share
from lolpop.storage import Store
from lolpop.storage.names import encoded, joined
from lolpop.workflow.entrypoint import choose


@dataclass(frozen=True, slots=True)
class Outline:
    """What becomes of a workflow when it is deployed.

    Attributes:
        title: The runner and its entrypoint, as `Runner.method`.
        graph: Its steps.
        settings: Retries and time-outs by step; a step without any isn't in it.
        share: How many calls became steps.
        place: The file for its page: in the storage if that is a folder, for a file in the
            project would enter the next package.
        store: The project's storage.
    """

    title: str
    graph: StepGraph
    settings: Mapping[str, StepSettings]
    share: Share
    place: Path
    store: Store

    def facts(self) -> dict[str, Any]:
        """Give all of it as plain JSON values."""
        return {
            "workflow": self.title,
            "calls": {"steps": self.share.steps, "all": self.share.calls},
            "graph": to_json(self.graph),
            "settings": to_json(self.settings),
        }


def outline(source: Source, method: str | None = None) -> Outline:
    """Find the steps of a workflow.

    Args:
        source: Where the workflow comes from.
        method: The entrypoint, or None for the configured or only one.

    Raises:
        ConfigError: Something is wrong with the configuration.
        PluginError: Something is wrong with a plugin that it names.
    """
    with prepared(source, method) as blueprint:
        cls = blueprint.runner.cls
        assert cls is not None
        entrypoint = choose(cls, method or blueprint.settings.entrypoint)
        graph = graph_of(blueprint, entrypoint)
        settings = step_settings(blueprint.settings, [step.name for step in graph.steps])
        title = f"{cls.__name__}.{entrypoint}"
        store = store_of(blueprint.document)
        shared = share(blueprint, graph)
        return Outline(title, graph, settings, shared, _place(store, title), store)


def _place(store: Store, title: str) -> Path:
    name = f"{encoded(title)}.html"
    return store.local_path(joined("graphs", name)) or Path(name)
