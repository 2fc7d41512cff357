"""Every rule has a mutant: an orchestrator that breaks it, and is found out."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants.honest import HonestHarness
from mutants.registry import Mutant, benched, mutants

from lolpop.local import LocalOrchestrator
from lolpop.testing.judging import Outcome, judge
from lolpop.testing.rule import rules
from lolpop.testing.rules import away

EVERY = {rule.name: rule for rule in rules()}
LOCAL = LocalOrchestrator.capabilities | {None}


def test_every_rule_has_a_mutant_and_every_mutant_a_rule() -> None:
    assert sorted(mutants()) == sorted(EVERY)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("mutant", mutants().values(), ids=lambda mutant: mutant.rule)
def test_a_mutant_breaks_its_rule(mutant: Mutant, tmp_path: Path) -> None:
    with benched(mutant.given(tmp_path)) as bench:
        verdict = judge(EVERY[mutant.rule], bench)
    assert verdict.outcome is Outcome.BROKEN
    assert mutant.says in str(verdict.message)


@pytest.mark.usefixtures("installed")
def test_an_honest_engine_keeps_the_rules_that_the_embedded_one_is_not_held_to(
    tmp_path: Path,
) -> None:
    with benched(HonestHarness("Honest", tmp_path)) as bench:
        verdicts = [judge(rule, bench) for rule in rules() if rule.capability not in LOCAL]
    kept = [verdict.rule.name for verdict in verdicts if verdict.outcome is Outcome.KEPT]
    assert kept == [verdict.rule.name for verdict in verdicts]
    assert len(kept) == 9


@pytest.mark.usefixtures("installed")
def test_an_engine_that_is_noticed_late_to_be_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "AT_ONCE", 0)
    with benched(HonestHarness("Honest", tmp_path)) as bench:
        verdict = judge(EVERY["away.an_unreachable_engine_is_named"], bench)
    assert verdict.outcome is Outcome.BROKEN
    assert "build must raise EngineUnreachableError in 0 s" in str(verdict.message)
