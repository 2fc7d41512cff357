"""Mutants that aren't found, or don't load, as they should."""

from __future__ import annotations

from typing import Any

from lolpop.contract import RunRef, RunStatus
from mutants.engine import Sound
from mutants.registry import breaks

_OTHER = "Hiddenorchestrator = mutants.families.discovery:HiddenOrchestrator\n"


@breaks("discovery.is_found_by_its_name", "what the name 'hidden' means", entries=_OTHER)
class HiddenOrchestrator(Sound):
    """Another one of its distribution has the same short name."""


@breaks("discovery.loads_as_an_orchestrator", "takes 'verbose', which the hook doesn't have")
class AsksForMore(Sound):
    def status(self, ref: RunRef, verbose: bool = False) -> RunStatus:
        return super().status(ref)


@breaks("discovery.its_class_has_its_name", "expected 'Known', got 'Called'", name="Known")
class Called(Sound):
    """Isn't what its entry point is called."""


@breaks("discovery.implements_what_it_declares", "these hooks are missing: remove")
class NeverRemoves(Sound):
    remove: Any = None


@breaks(
    "discovery.names_the_contract_it_was_made_for",
    "must require lolpop-core>=1,<2, it says '>=1'",
    requires="lolpop-core>=1",
)
class WithoutEnd(Sound):
    """Is said to fit every version to come."""


@breaks("discovery.refuses_unknown_config", "'no_such_key_at_all' was taken without a word")
class TakesAnything(Sound):
    Config: Any = None

    def __init__(self) -> None:
        self.config = Sound.Config()
