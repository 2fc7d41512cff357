"""The embedded orchestrator: an ordinary plugin that comes with the core."""

from lolpop.local.orchestrator import LocalOrchestrator

__all__ = ["LocalOrchestrator"]
