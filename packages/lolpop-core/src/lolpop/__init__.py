"""Write a workflow once in plain Python, and name its orchestrator in YAML."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lolpop._version import __version__

if TYPE_CHECKING:
    from lolpop.contract.durations import Seconds
    from lolpop.errors import Fatal, LolpopError
    from lolpop.hookspecs import hookimpl
    from lolpop.orchestrator import Orchestrator
    from lolpop.workflow.integration import Component, Pipeline, Runner
    from lolpop.workflow.schema import Config, Inherited

_HOMES = {
    "Component": "lolpop.workflow.integration",
    "Config": "lolpop.workflow.schema",
    "Fatal": "lolpop.errors",
    "Inherited": "lolpop.workflow.schema",
    "LolpopError": "lolpop.errors",
    "Orchestrator": "lolpop.orchestrator",
    "Pipeline": "lolpop.workflow.integration",
    "Runner": "lolpop.workflow.integration",
    "Seconds": "lolpop.contract.durations",
    "hookimpl": "lolpop.hookspecs",
}
__all__ = [
    "Component",
    "Config",
    "Fatal",
    "Inherited",
    "LolpopError",
    "Orchestrator",
    "Pipeline",
    "Runner",
    "Seconds",
    "__version__",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
