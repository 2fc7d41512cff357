"""A Dagster webserver, started for the tests and ended with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # where the engine is

from dagster_engine import Engine
from dagster_project import Project


@pytest.fixture(scope="session", autouse=True)
def _no_instance_of_the_user() -> Iterator[None]:
    """Keep the user's own instance out of the tests."""
    kept = {key: value for key, value in os.environ.items() if key.startswith("DAGSTER")}
    for key in kept:
        del os.environ[key]
    yield
    os.environ.update(kept)


TOPOLOGY = os.environ.get("LOLPOP_DAGSTER_TOPOLOGY", "default")
"""The coordinator, and `-daemon` if there is one: default, default-daemon, queued-daemon."""


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give a webserver; one for all tests, for it takes its time to start."""
    coordinator, _, daemon = TOPOLOGY.partition("-")
    folder = tmp_path_factory.mktemp("dagster")
    made = Engine(folder, queued=coordinator == "queued", daemon=bool(daemon))
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Iterator[Project]:
    """Give a project; what it has deployed is removed."""
    made = Project(tmp_path / "birds", engine.config, f"birds-{tmp_path.name[-8:]}")
    yield made
    if made.folder.exists():
        made.call("deployment", "remove")
