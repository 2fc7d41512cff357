"""The README's commands run as they stand, one after the other, and its table of keys is whole."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_engine import PASSWORD

from lolpop_airflow.config import AirflowConfig

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
SCRIPTS = Path(sys.executable).parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LARGEST = 150_000


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(TEXT) if kind == language]


def commands(program: str) -> list[str]:
    lines = [line for text in blocks("console") for line in text.splitlines()]
    return [line for line in lines if line.split()[0] == program]


def test_every_config_key_is_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\|", TEXT, re.MULTILINE)
    defaults = AirflowConfig().model_dump(mode="json")
    assert [key for key, _ in rows] == [*defaults]
    for key, said in rows:
        if defaults[key] is not None:
            assert yaml.safe_load(said.strip("`")) == defaults[key], key


def test_every_picture_is_there_and_small() -> None:
    shown = re.findall(r"!\[.*?\]\((docs/\w+\.png)\)", TEXT)
    assert {*shown} == {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.png")}
    assert len(shown) == 3
    for name in shown:
        content = (ROOT / name).read_bytes()
        assert content.startswith(b"\x89PNG"), name
        assert len(content) < LARGEST, name


def test_it_starts_what_the_tests_start(engine: Any) -> None:
    started = [process.args[2:] for process in engine.processes.values()]
    assert commands("airflow") == ["airflow db migrate", *map(" ".join, started)]


@pytest.fixture
def demo(engine: Any, tmp_path: Path) -> Path:
    """Give a project of `lolpop init`, edited as the README says."""
    subprocess.run([SCRIPTS / "lolpop", "init", "demo"], cwd=tmp_path, check=True)
    file = tmp_path / "demo" / "lolpop.yaml"
    (text,) = blocks("yaml")
    text = text.replace("http://127.0.0.1:8080", engine.url)
    text = text.replace("~/airflow/dags", str(engine.dags))
    edited: Mapping[str, Any] = {**yaml.safe_load(file.read_text()), **yaml.safe_load(text)}
    file.write_text(yaml.safe_dump(edited), "utf-8")
    return tmp_path / "demo"


def test_its_commands_run(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_PASSWORD", PASSWORD)
    for line in commands("lolpop"):
        first, *words = line.split()
        done = subprocess.run(
            [SCRIPTS / first, *words], cwd=demo, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, line + done.stdout + done.stderr
