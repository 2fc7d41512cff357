"""An Airflow, started for the tests and ended with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # where the engine and the samples are

from airflow_engine import Engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give an Airflow; one for all tests, for it takes its time to start."""
    made = Engine(tmp_path_factory.mktemp("airflow"))
    try:
        made.start()
        yield made
    finally:
        made.close()
