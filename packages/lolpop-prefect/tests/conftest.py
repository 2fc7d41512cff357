"""A Prefect server and a process worker, started for the tests and ended with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # where the engine is

from prefect_engine import Engine
from prefect_project import Birds


@pytest.fixture(scope="session", autouse=True)
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the user's own profile and settings out of the tests."""
    folder = tmp_path_factory.mktemp("prefect")
    kept = {key: value for key, value in os.environ.items() if key.startswith("PREFECT")}
    for key in kept:
        del os.environ[key]
    os.environ["PREFECT_HOME"] = str(folder)
    os.environ["DO_NOT_TRACK"] = "1"
    yield folder
    os.environ.update(kept)


@pytest.fixture(scope="session")
def engine(prefect_home: Path) -> Iterator[Engine]:
    """Give a server with a worker; one for all tests, for it takes its time to start."""
    made = Engine(prefect_home)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def birds(engine: Engine, tmp_path: Path) -> Iterator[Birds]:
    """Give a project that is configured, and remove what it deploys."""
    made = Birds(engine, tmp_path)
    made.configure()
    yield made
    made.call("deployment", "remove")
