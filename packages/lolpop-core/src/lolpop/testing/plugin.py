"""The pytest plugin: says which orchestrators are held to which rules, and that some were."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lolpop.testing.bench import Bench
    from lolpop.testing.harness import Harness

_MARKER = "lolpop_rule"
_ran: dict[str, int] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that the rules' tests have."""
    config.addinivalue_line("markers", f"{_MARKER}: holds an orchestrator to a rule")
    config.addinivalue_line("markers", "xdist_group: tests that pytest-xdist keeps together")
    _ran.clear()


def pytest_report_collectionfinish(items: Sequence[pytest.Item]) -> list[str]:
    """Say which orchestrators are held to how many rules, and what they declare."""
    if "lolpop.testing.suite" not in sys.modules:
        return []
    from lolpop.testing.header import header
    from lolpop.testing.suite import suites

    return [header(suite, count) for suite, count in suites([*items]).items()]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the rules of each suite that really ran, on whichever process."""
    if _MARKER not in report.keywords:
        return
    suite = report.nodeid.rpartition("::")[0]
    _ran.setdefault(suite, 0)
    if report.when == "call" and not report.skipped:
        _ran[suite] += 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where a suite was collected and none of its rules ran."""
    idle = [suite for suite, count in _ran.items() if not count]
    if idle and exitstatus == pytest.ExitCode.OK:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"no rule of {', '.join(idle)} ran: that is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="class")
def lolpop_harness() -> Harness:
    """Give what is known of an engine that needs nothing; override it for one that does."""
    from lolpop.testing.harness import Harness

    return Harness()


@pytest.fixture(scope="class")
def lolpop_bench(
    request: pytest.FixtureRequest,
    lolpop_harness: Harness,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """Give the place where rules try the orchestrator of a suite."""
    from lolpop.testing.bench import Bench

    folder = tmp_path_factory.mktemp("conformance")
    made = Bench(request.cls.orchestrator, lolpop_harness, folder)
    yield made
    made.close()
