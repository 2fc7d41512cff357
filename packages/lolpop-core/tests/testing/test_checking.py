"""`lolpop check`: the rules without pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lolpop.cli.app import run
from lolpop.errors import PluginNotInstalledError, UsageError
from lolpop.inprocess import Source
from lolpop.local import LocalOrchestrator
from lolpop.testing.checking import check, chosen, configured
from lolpop.testing.judging import Outcome
from lolpop.testing.rule import rules

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Call:
    """Call `lolpop check` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[int, str, str]:
        code = run(["check", *arguments])
        return code, *capfd.readouterr()

    return called


def test_rules_are_kept(call: Call) -> None:
    assert call("LocalOrchestrator", "--rule", "state") == (
        0,
        "  kept          state.every_attempt_starts_afresh\n"
        "ok: LocalOrchestrator keeps the rules 1.0: 1 kept\n",
        "",
    )


def test_a_broken_rule_is_said(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(self: LocalOrchestrator, deployment_name: str, active: bool) -> list[Any]:
        return []

    monkeypatch.setattr(LocalOrchestrator, "runs", listed)
    code, out, err = call("LocalOrchestrator", "--rule", "run.the_run_is_real")
    assert code == 3
    assert out.startswith("  broken        run.the_run_is_real: run '")
    assert err == "error: LocalOrchestrator breaks run.the_run_is_real: 1 broken\n"


def test_what_is_not_declared_and_not_given(call: Call) -> None:
    words = (
        "--rule",
        "run.the_engines_own_way_works",
        "--rule",
        "steps.each_is_one_unit_of_the_engine",
    )
    code, out, _ = call("LocalOrchestrator", *words)
    assert code == 0
    assert out == (
        "  not declared  run.the_engines_own_way_works: LocalOrchestrator doesn't declare"
        " engine_runs\n"
        "  not given     steps.each_is_one_unit_of_the_engine: the harness doesn't say which units"
        " the engine shows for a run: `units`\n"
        "ok: LocalOrchestrator keeps the rules 1.0: 1 not declared, 1 not given\n"
    )


def test_the_answer_as_json(call: Call) -> None:
    code, out, _ = call("local", "--rule", "state", "--output", "json")
    answer = json.loads(out)
    assert (code, answer["orchestrator"], answer["rules"]) == (0, "local", "1.0")
    (verdict,) = answer["verdicts"]
    assert (verdict["rule"], verdict["outcome"]) == ("state.every_attempt_starts_afresh", "kept")


def test_unknown_names(call: Call) -> None:
    assert call("LocalOrchestrator", "--rule", "stat") == (
        2,
        "",
        "error: there is no rule 'stat'\nhint: did you mean 'state'?\n",
    )
    with pytest.raises(UsageError) as caught:
        chosen(["zzz"])
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("families: discovery, decoration, ")
    code, _, err = call("NowhereOrchestrator")
    first, _, installed = err.splitlines()[0].partition("; installed: ")
    assert (code, first) == (3, "error: orchestrator 'NowhereOrchestrator' isn't installed")
    assert "LocalOrchestrator" in installed.split(", ")  # beside those of other distributions


def test_rules_are_chosen_by_name_or_family() -> None:
    assert chosen([]) == [*rules()]
    assert {rule.family for rule in chosen(["stop", "state"])} == {"stop", "state"}


def test_a_config_is_taken_over_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(
        "from pathlib import Path\nimport lolpop\n"
        "class OwnOrchestrator(lolpop.Orchestrator):\n"
        "    class Config(lolpop.Config):\n"
        "        folder: Path\n        key: str\n        text: str = 'x'\n"
    )
    (tmp_path / "lolpop.yaml").write_text(
        "orchestrator: {config: {folder: dags, key: '${env:KEY}', text: 'a $$', "
        "run: {take_over: true}}}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = configured("own:OwnOrchestrator", Source((str(tmp_path / "lolpop.yaml"),)))
    assert found == {
        "folder": str(tmp_path / "dags"),
        "key": "${env:KEY}",
        "text": "a $$",
        "run": {"take_over": True},
    }
    sys.modules.pop("own", None)


def test_an_error_on_the_way_is_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(self: LocalOrchestrator, **_: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(LocalOrchestrator, "runs", dead)
    (verdict,) = check("LocalOrchestrator", {}, ["watch.runs_are_listed"])
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.message is not None


def test_pytest_is_not_needed() -> None:
    code = (
        "import sys\nimport lolpop.testing.checking\nfrom lolpop.testing.rule import rules\n"
        "rules()\nassert 'pytest' not in sys.modules and '_pytest' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_orchestrator_that_is_not_there_has_no_place_in_the_configuration(
    tmp_path: Path,
) -> None:
    (tmp_path / "lolpop.yaml").write_text("{}")
    with pytest.raises(PluginNotInstalledError) as caught:
        configured("nobody", Source((str(tmp_path / "lolpop.yaml"),)))
    assert caught.value.place is None
