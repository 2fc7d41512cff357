"""Run lolpop's workflows on Dagster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lolpop_dagster.orchestrator import DagsterOrchestrator

__all__ = ["DagsterOrchestrator"]


def __getattr__(name: str) -> Any:
    # The code location is in here too, and needs nothing of what a deployment is made with.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lolpop_dagster.orchestrator import DagsterOrchestrator

    return DagsterOrchestrator
