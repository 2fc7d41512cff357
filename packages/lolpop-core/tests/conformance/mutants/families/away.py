"""Mutants that don't say what is wrong with their engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lolpop.contract import RunRef, RunState, RunStatus
from lolpop.errors import EngineError
from lolpop.local.index import Index
from mutants.honest import Honest, HonestHarness
from mutants.registry import breaks


@breaks(
    "away.an_unreachable_engine_is_named",
    "build must raise EngineUnreachableError with a hint: EngineError('no answer')",
    harness=HonestHarness,
)
class HasNoAnswer(Honest):
    @property
    def index(self) -> Index:
        if not Path(self.config.service).exists():
            raise EngineError("no answer", hint="try again")
        return super().index


@breaks(
    "away.wrong_credentials_are_named",
    "wrong credentials must raise EngineError with a hint: PluginError(",
    harness=HonestHarness,
)
class ShowsALoginPage(Honest):
    @property
    def index(self) -> Index:
        if self.config.credentials == "wrong":
            raise ValueError("Expecting value: line 1 column 1 (char 0)")
        return super().index


@breaks(
    "away.a_restart_loses_nothing",
    "whether it says that it succeeded: expected True, got False",
    harness=HonestHarness,
)
class ForgetsWhatRan(Honest):
    """Calls everything failed that began before its service did."""

    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        began = Path(self.config.service).stat().st_mtime
        made = found.run.created_at or datetime.now(UTC)
        if not found.run.state.is_over or made.timestamp() > began:
            return found
        return replace(found, run=replace(found.run, state=RunState.FAILED))
