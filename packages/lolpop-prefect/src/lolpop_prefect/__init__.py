"""Run lolpop's workflows on Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lolpop_prefect.orchestrator import PrefectOrchestrator

__all__ = ["PrefectOrchestrator"]


def __getattr__(name: str) -> Any:
    # The flow of a run is in here too, and needs nothing of what a deployment is made with.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lolpop_prefect.orchestrator import PrefectOrchestrator

    return PrefectOrchestrator
