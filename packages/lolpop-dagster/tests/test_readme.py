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
    """The README starts it with lolpop's file alone, and says how the user's stands before it."""
    (both,) = re.findall(r"`(-w workspace\.yaml .*?)`", README.text)
    assert engine.words == placed(engine, both)
    alone = engine.words[2:]
    (webserver,) = README.commands("dagster-webserver")
    (daemon,) = README.commands("dagster-daemon")
    assert placed(engine, webserver) == ["dagster-webserver", *alone]
    assert placed(engine, daemon) == ["dagster-daemon", "run", *alone]
    started = [*map(str, engine.processes["webserver"].args)]
    assert Path(started[0]).name == "dagster-webserver"
    assert started[1:5] == engine.words


def placed(engine: Any, line: str) -> list[str]:
    """Give the words of a line, with the engine's files in the place of those that it names."""
    files = {WORKSPACE: str(engine.workspace), "workspace.yaml": str(engine.users)}
    return [files.get(word, word) for word in line.split()]


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
    for line in README.commands("lolpop"):
        done = subprocess.run(
            line.split(),
            cwd=demo,
            env=engine.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, line + done.stdout + done.stderr


def test_its_workspace_file_is_made_with_the_folder_that_dagster_keeps_its_runs_in(
    engine: Any, tmp_path: Path
) -> None:
    (making,) = README.commands("python")
    exports = README.commands("export")
    assert exports == [exports[0]] * 2  # one in each terminal
    done = subprocess.run(
        ["bash", "-ec", f"{making}\n{exports[0]}\ntest -d $DAGSTER_HOME\ntest -f {WORKSPACE}"],
        env={**engine.environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = str(tmp_path / "dagster" / "lolpop-workspace.yaml")
    commands = [*README.commands("dagster-webserver"), *README.commands("dagster-daemon")]
    assert done.stdout.splitlines() == [each.replace(WORKSPACE, made) for each in commands]
