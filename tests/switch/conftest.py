"""Start each engine, move the penguins there, and print at the end what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from engines import ORCHESTRATORS, started
from moving import Outcome, Project
from table import table

TABLE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Give the penguins with the keys of all orchestrators, whose engines run."""
    folder = tmp_path_factory.mktemp("switch")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for key in [key for key in os.environ if key.startswith(("PREFECT", "DAGSTER"))]:
            patch.delenv(key)
        patch.setenv("PREFECT_HOME", str(folder / "home"))
        configs = {
            name: stack.enter_context(started(name, folder / name)) for name in ORCHESTRATORS
        }
        yield Project(folder / "penguins", configs)


@pytest.fixture(scope="session")
def show(request: pytest.FixtureRequest) -> Callable[[Mapping[str, Outcome]], object]:
    """Keep a table for the end of the output."""
    return lambda moved: request.config.stash.setdefault(TABLE, table(moved))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if found := terminalreporter.config.stash.get(TABLE, None):
        terminalreporter.section("one workflow, moved by one line of YAML")
        terminalreporter.write_line(found)
