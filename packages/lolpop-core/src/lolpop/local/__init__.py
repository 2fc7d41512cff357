"""The embedded orchestrator: an ordinary plugin that comes with the core."""

from __future__ import annotations

from lolpop.orchestrator import Orchestrator


class LocalOrchestrator(Orchestrator):
    """Runs workflows on this machine; there is nothing to install or to start."""
