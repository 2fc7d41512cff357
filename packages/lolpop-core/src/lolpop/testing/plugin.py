"""The pytest plugin: says which orchestrators are held to which rules, and that some were."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from lolpop.testing.bench import Bench
    from lolpop.testing.harness import Harness

_RAN = pytest.StashKey[dict[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that the rules' tests have."""
    config.addinivalue_line("markers", "lolpop_rule: holds an orchestrator to a rule")
    config.stash[_RAN] = {}


def pytest_report_collectionfinish(items: Sequence[pytest.Item]) -> list[str]:
    """Say which orchestrators are held to how many rules, and what they declare."""
    if "lolpop.testing.suite" not in sys.modules:
        return []
    from lolpop.testing.header import header
    from lolpop.testing.suite import suites

    return [header(suite, count) for suite, count in suites([*items]).items()]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note the suites that are to run."""
    if "lolpop.testing.suite" in sys.modules:
        from lolpop.testing.suite import suites

        config.stash[_RAN].update({suite.__name__: 0 for suite in suites(items)})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count the rules that really ran."""
    report = yield
    ran = item.config.stash[_RAN]
    name = getattr(getattr(item, "cls", None), "__name__", "")
    if report.when == "call" and not report.skipped and name in ran:
        ran[name] += 1
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where a suite was collected and none of its rules ran."""
    idle = [name for name, count in session.config.stash[_RAN].items() if not count]
    collecting = session.config.option.collectonly
    if idle and exitstatus == pytest.ExitCode.OK and not collecting:
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
