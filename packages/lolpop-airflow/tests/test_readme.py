"""The README's commands run as they stand, one after the other, and its table of keys is whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_engine import NAMES, PASSWORD

from lolpop.testing import Readme
from lolpop_airflow.config import AirflowConfig

README = Readme(Path(__file__).parents[1] / "README.md")
SCRIPTS = Path(sys.executable).parent


def test_every_config_key_is_in_the_table_with_its_default() -> None:
    README.expect_keys(AirflowConfig())


def test_every_picture_is_there_and_small() -> None:
    README.expect_pictures()


def test_it_starts_what_the_tests_start(engine: Any) -> None:
    assert README.commands("airflow") == [f"airflow {each}" for each in ("db migrate", *NAMES)]
    assert sorted(process.args[-1] for process in engine.processes.values()) == sorted(NAMES)


@pytest.fixture
def demo(engine: Any, tmp_path: Path) -> Path:
    """Give a project of `lolpop init`, edited as the README says."""
    subprocess.run([SCRIPTS / "lolpop", "init", "demo"], cwd=tmp_path, check=True)
    file = tmp_path / "demo" / "lolpop.yaml"
    (text,) = README.blocks("yaml")
    text = text.replace("http://127.0.0.1:8080", engine.url)
    text = text.replace("~/airflow/dags", str(engine.dags))
    edited: Mapping[str, Any] = {**yaml.safe_load(file.read_text()), **yaml.safe_load(text)}
    file.write_text(yaml.safe_dump(edited), "utf-8")
    return tmp_path / "demo"


def test_its_commands_run(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_PASSWORD", PASSWORD)
    for line in README.commands("lolpop"):
        first, *words = line.split()
        done = subprocess.run(
            [SCRIPTS / first, *words], cwd=demo, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, line + done.stdout + done.stderr
