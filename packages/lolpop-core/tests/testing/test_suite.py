"""The suite as an author's pytest sees it: what it refuses, what it says, what it counts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from lolpop.testing.rule import VERSION, rules

Done = subprocess.CompletedProcess[str]
HEAD = "import pytest\nfrom lolpop.testing import Harness, OrchestratorSuite\n\n"


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Done]:
    """Run pytest on a module with the given suite in a folder of its own."""

    def run(code: str, *arguments: str) -> Done:
        (tmp_path / "test_it.py").write_text(HEAD + dedent(code))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


PLAIN = """
    class TestLocal(OrchestratorSuite):
        orchestrator = "LocalOrchestrator"
"""


def test_one_line_is_a_whole_suite(suite: Callable[..., Done]) -> None:
    done = suite(PLAIN, "--collect-only")
    for rule in rules():
        assert f"test_it.py::TestLocal::test_rule[{rule.name}]" in done.stdout
    assert re.search(
        rf"^lolpop rules {VERSION}, lolpop-core \S+: LocalOrchestrator of lolpop-core \S+,"
        rf" {len(rules())} rules; it doesn't declare decoration, .*; expected to fail: none$",
        done.stdout,
        re.MULTILINE,
    )
    assert done.returncode == 0


def test_a_rule_that_is_kept_passes(suite: Callable[..., Done]) -> None:
    done = suite(PLAIN, "-k", "discovery")
    assert re.search(r"\d passed, \d+ deselected", done.stdout)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def test_rule(self): pass", "TestIt overrides test_rule: no rule can be"),
        ("pytest_generate_tests = None", "TestIt overrides pytest_generate_tests: no rule can be"),
        (
            "expected_failures = {'stop.nothing': 'https://example.org/1'}",
            "TestIt.expected_failures: there is no rule 'stop.nothing'",
        ),
        (
            "expected_failures = {'state.every_attempt_starts_afresh': 'some day'}",
            "TestIt.expected_failures['state.every_attempt_starts_afresh'] must be a link",
        ),
    ],
)
def test_rules_cannot_be_weakened(suite: Callable[..., Done], body: str, said: str) -> None:
    done = suite(f"class TestIt(OrchestratorSuite):\n    orchestrator = 'X'\n    {body}\n")
    assert f"TypeError: {said}" in done.stdout
    assert done.returncode == 2


def test_an_orchestrator_must_be_named(suite: Callable[..., Done]) -> None:
    done = suite("class TestIt(OrchestratorSuite): pass\n")
    assert "TypeError: TestIt must name its `orchestrator`" in done.stdout
    assert done.returncode == 2


def test_an_expected_failure_that_passes_is_a_failure(suite: Callable[..., Done]) -> None:
    rule = "discovery.is_found_by_its_name"
    code = f"{PLAIN}        expected_failures = {{{rule!r}: 'https://example.org/1'}}\n"
    done = suite(code, "-k", rule)
    assert "[XPASS(strict)] https://example.org/1" in done.stdout
    assert f"expected to fail: {rule}" in done.stdout
    assert done.returncode == 1


def test_no_rule_run_is_a_failure(suite: Callable[..., Done]) -> None:
    done = suite(PLAIN, "-k", "away.")
    assert "3 skipped" in done.stdout
    assert "no rule of test_it.py::TestLocal ran: that is a failure" in done.stdout
    assert done.returncode == 1


def test_what_the_harness_does_not_say_is_a_failure(suite: Callable[..., Done]) -> None:
    done = suite(PLAIN, "-k", "each_is_one_unit")
    assert (
        "the harness doesn't say which units the engine shows for a run: `units`\n\n"
        "steps.each_is_one_unit_of_the_engine: Show each step as a unit of the engine's own, not"
        " all of them as one opaque task." in done.stdout
    )
    assert done.returncode == 1


def test_an_orchestrator_that_is_not_installed(suite: Callable[..., Done]) -> None:
    code = "class TestIt(OrchestratorSuite):\n    orchestrator = 'NowhereOrchestrator'\n"
    done = suite(code, "-k", "is_found_by_its_name")
    assert "NowhereOrchestrator: not installed" in done.stdout
    assert "orchestrator 'NowhereOrchestrator' isn't installed" in done.stdout
    assert done.returncode == 1


def test_the_plugin_costs_a_stranger_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\ndef test_it():\n"
        "    heavy = {'pydantic', 'pluggy._x', 'lolpop.testing.suite', 'yaml', 'fsspec'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", "test_other.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "lolpop.testing.plugin"},
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "lolpop" not in done.stdout


def test_rules_have_names_that_read_and_pains_that_tell() -> None:
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", rule.name)
        assert rule.pain.endswith("."), rule.name
    families = list(dict.fromkeys(rule.family for rule in rules()))
    assert families == [
        *("discovery", "decoration", "package", "deploy", "run", "steps", "failure", "stop"),
        *("redeploy", "ownership", "state", "folder", "watch", "equality", "away"),
    ]
