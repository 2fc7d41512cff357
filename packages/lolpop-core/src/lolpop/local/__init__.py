"""The embedded orchestrator: an ordinary plugin that comes with the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lolpop.local.orchestrator import LocalOrchestrator

__all__ = ["LocalOrchestrator"]


def __getattr__(name: str) -> Any:
    # The supervisor is in here too, and needs nothing of what a deployment is made with.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lolpop.local.orchestrator import LocalOrchestrator

    return LocalOrchestrator
