"""The contract as a test suite: rules that every orchestrator is held to, on its real engine.

`OrchestratorSuite` makes them tests of pytest; `lolpop check` runs them without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lolpop.testing.bench import Bench
    from lolpop.testing.command import Command
    from lolpop.testing.harness import Harness
    from lolpop.testing.readme import Readme
    from lolpop.testing.rule import Rule, RuleBroken
    from lolpop.testing.suite import OrchestratorSuite

__all__ = [
    "Bench",
    "Command",
    "Harness",
    "OrchestratorSuite",
    "Readme",
    "Rule",
    "RuleBroken",
]

_PLACES = {
    "Bench": "bench",
    "Command": "command",
    "Harness": "harness",
    "OrchestratorSuite": "suite",
    "Readme": "readme",
    "Rule": "rule",
    "RuleBroken": "rule",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
