"""The rules as tests of pytest: one class for each orchestrator."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from lolpop.testing.bench import Bench
from lolpop.testing.judging import Outcome, judge
from lolpop.testing.rule import Rule, rules

_OPEN = {"orchestrator", "expected_failures"}


class OrchestratorSuite:
    """Subclass this as `Test…` to hold an orchestrator to every rule, on its real engine.

    The fixture `lolpop_harness`, of scope "class", is the one thing to write: it makes the
    engine ready and gives a `Harness` that says what the rules can't know. No rule can be left
    out or overridden.

    Attributes:
        orchestrator: The orchestrator's name, as its entry point gives it.
        expected_failures: Rules that are known to fail, each with a link to what is done
            about it. One that passes is a failure.
    """

    orchestrator: ClassVar[str]
    expected_failures: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Refuse, when tests are collected, what would weaken the rules unseen."""
        super().__init_subclass__(**keywords)
        own = {name for name in vars(cls) if not name.startswith("__")}
        closed = {name for name in vars(OrchestratorSuite) if not name.startswith("__")} - _OPEN
        if overridden := sorted(own & closed):
            raise TypeError(f"{cls.__name__} overrides {', '.join(overridden)}: no rule can be")
        if "orchestrator" not in own and not hasattr(cls, "orchestrator"):
            raise TypeError(f"{cls.__name__} must name its `orchestrator`")
        known = {rule.name for rule in rules()}
        for name, link in cls.expected_failures.items():
            if name not in known:
                raise TypeError(f"{cls.__name__}.expected_failures: there is no rule {name!r}")
            if not link.startswith("https://"):
                raise TypeError(f"{cls.__name__}.expected_failures[{name!r}] must be a link")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of every rule."""
        if "rule" in metafunc.fixturenames:
            metafunc.parametrize("rule", [self.parameter(rule) for rule in rules()])

    @classmethod
    def parameter(cls, rule: Rule) -> Any:
        """Make a rule a parameter; one that is expected to fail must do so."""
        link = cls.expected_failures.get(rule.name)
        marks = [pytest.mark.xfail(reason=link, strict=True)] if link else []
        if rule.shared:  # pytest-xdist's `--dist loadgroup` gives a group to one process
            marks.append(pytest.mark.xdist_group(cls.__name__))
        return pytest.param(rule, id=rule.name, marks=marks)

    @pytest.mark.lolpop_rule
    def test_rule(self, rule: Rule, lolpop_bench: Bench) -> None:
        """Hold the orchestrator to one rule."""
        verdict = judge(rule, lolpop_bench)
        if verdict.outcome is Outcome.NOT_DECLARED:
            pytest.skip(str(verdict.message))
        if verdict.outcome in (Outcome.BROKEN, Outcome.NOT_GIVEN):
            pytest.fail(f"{verdict.message}\n\n{rule.name}: {rule.pain}", pytrace=False)


def suites(items: list[pytest.Item]) -> dict[type[OrchestratorSuite], int]:
    """Count the rules that are collected for each suite."""
    found: dict[type[OrchestratorSuite], int] = {}
    for item in items:
        cls = getattr(item, "cls", None)
        if inspect.isclass(cls) and issubclass(cls, OrchestratorSuite):
            found[cls] = found.get(cls, 0) + 1
    return found
