"""The full cross product: a mutant breaks its rule, and keeps the others of its family."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants.honest import HonestHarness
from mutants.registry import Mutant, benched, mutants

from lolpop.testing import Harness, OrchestratorSuite
from lolpop.testing.judging import Outcome, judge
from lolpop.testing.rule import rules


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("mutant", mutants().values(), ids=lambda mutant: mutant.rule)
def test_a_mutant_breaks_no_other_rule_of_its_family(mutant: Mutant, tmp_path: Path) -> None:
    family = [rule for rule in rules() if rule.family == mutant.family]
    family.sort(key=lambda rule: rule.name != mutant.rule)  # its own first: others may warm it up
    with benched(mutant.given(tmp_path)) as bench:
        broken = []
        for rule in family:
            verdict = judge(rule, bench)
            broken += [(rule.name, verdict.message)] * (verdict.outcome is Outcome.BROKEN)
            bench.harness.patience, bench.harness.settling = 60.0, 1.0
    assert [name for name, _ in broken] == [mutant.rule], broken


@pytest.fixture(scope="class")
def lolpop_harness(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Harness:
    return HonestHarness("Honest", tmp_path_factory.mktemp("honest"))


class TestHonest(OrchestratorSuite):
    """What mutants beyond the embedded orchestrator's capabilities are made of is sound."""

    orchestrator = "Honest"
