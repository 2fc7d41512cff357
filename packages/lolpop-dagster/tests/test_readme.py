"""The README's commands run as they stand, one after the other, and its table of keys is whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lolpop.testing import Readme
from lolpop_dagster.config import DagsterConfig

README = Readme(Path(__file__).parents[1] / "README.md")
SCRIPTS = Path(sys.executable).parent
WORKSPACE = "~/dagster/lolpop-workspace.yaml"


def test_every_config_key_is_in_the_table_with_its_default() -> None:
    README.expect_keys(DagsterConfig())


def test_every_picture_is_there_and_small() -> None:
    README.expect_pictures()


def test_it_starts_what_the_tests_start(engine: Any) -> None:
    process = engine.processes["webserver"]
    started = " ".join(Path(word).name for word in process.args)
    (said,) = README.commands("dagster-webserver")
    assert started.startswith(said.replace(WORKSPACE, "lolpop-workspace.yaml"))
    (daemon,) = README.commands("dagster-daemon")
    assert daemon.split()[2:] == said.split()[1:]
    names = [Path(word).name for word in engine.words]
    assert names == [Path(word).name for word in daemon.split()[2:]]


@pytest.fixture
def demo(engine: Any, tmp_path: Path) -> Path:
    """Give a project of `lolpop init`, edited as the README says."""
    subprocess.run([SCRIPTS / "lolpop", "init", "demo"], cwd=tmp_path, check=True)
    file = tmp_path / "demo" / "lolpop.yaml"
    (text,) = README.blocks("yaml")
    text = text.replace("http://127.0.0.1:3000", engine.url)
    text = text.replace(WORKSPACE, str(engine.workspace))
    edited: Mapping[str, Any] = {**yaml.safe_load(file.read_text()), **yaml.safe_load(text)}
    file.write_text(yaml.safe_dump(edited), "utf-8")
    return tmp_path / "demo"


def test_its_commands_run(engine: Any, demo: Path) -> None:
    for line in [*README.commands("python"), *README.commands("lolpop")]:
        done = subprocess.run(
            line.replace(WORKSPACE, "../other.yaml").split(),
            cwd=demo,
            env=engine.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, line + done.stdout + done.stderr
