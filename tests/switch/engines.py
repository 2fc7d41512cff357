"""The real engines, as each plugin's own tests start them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

PACKAGES = Path(__file__).parents[2] / "packages"
ORCHESTRATORS = (
    "LocalOrchestrator",
    "PrefectOrchestrator",
    "DagsterOrchestrator",
    "AirflowOrchestrator",
)


@contextmanager
def started(orchestrator: str, folder: Path) -> Iterator[Mapping[str, Any]]:
    """Start the engine of an orchestrator, and end it; give the config that reaches it."""
    if orchestrator == "LocalOrchestrator":
        yield {}
        return
    name = orchestrator.removesuffix("Orchestrator").lower()
    sys.path.append(str(PACKAGES / f"lolpop-{name}" / "tests"))
    folder.mkdir()
    engine = import_module(f"{name}_engine").Engine(folder)
    try:
        engine.start()
        yield engine.config
    finally:
        engine.close()
