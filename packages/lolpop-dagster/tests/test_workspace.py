"""The workspace file that is lolpop's: made once, never anybody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lolpop.errors import EngineError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.workspace import Workspace

HINT = (
    "name the file that lolpop may write:"
    " orchestrator: {config: {workspace: ~/dagster/lolpop-workspace.yaml}}"
)


def test_it_must_be_named() -> None:
    with pytest.raises(EngineError) as raised:
        Workspace.of(DagsterConfig())
    assert raised.value.message == "no workspace file is named, and deployments need one"
    assert raised.value.hint == HINT


def test_it_names_one_location_with_this_python(tmp_path: Path) -> None:
    made = Workspace(tmp_path / 'a "folder" é' / "lolpop.yaml", "lab")
    made.path.parent.mkdir()
    made.make()
    (entry,) = yaml.safe_load(made.path.read_text("utf-8"))["load_from"]
    assert entry == {
        "python_file": {
            "relative_path": str(made.folder / "lolpop_location.py"),
            "attribute": "repository",
            "executable_path": sys.executable,
            "location_name": "lab",
        }
    }


def test_it_is_made_once(tmp_path: Path) -> None:
    made = Workspace(tmp_path / "lolpop.yaml", "lolpop")
    made.make()
    before = made.path.stat().st_mtime_ns
    made.make()
    assert made.path.stat().st_mtime_ns == before


def test_it_has_one_location(tmp_path: Path) -> None:
    file = tmp_path / "lolpop.yaml"
    Workspace(file, "lolpop").make()
    with pytest.raises(EngineError) as raised:
        Workspace(file, "lab").make()
    assert raised.value.message == (
        f"the workspace file {str(file)!r} has another code location than 'lab'"
    )
    assert raised.value.hint == "name one file for each `location` in the orchestrator's config"


def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "workspace.yaml"
    file.write_text("load_from: []  # mine\n", "utf-8")
    with pytest.raises(EngineError) as raised:
        Workspace(file, "lolpop").make()
    assert raised.value.message == (
        f"the workspace file {str(file)!r} isn't lolpop's, and lolpop leaves it alone"
    )
    assert raised.value.hint == HINT
    assert file.read_text("utf-8") == "load_from: []  # mine\n"


def test_what_is_no_text_is_left_alone_and_a_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "workspace.yaml"
    file.write_bytes(b"\xff\xfe")
    assert Workspace(file, "lolpop").is_foreign
    with pytest.raises(EngineError) as raised:
        Workspace(tmp_path, "lolpop").make()
    assert raised.value.message == f"can't read {str(tmp_path)!r}: Is a directory"
    assert raised.value.hint == HINT


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="can't write") as raised:
        Workspace(tmp_path / "file" / "lolpop.yaml", "lolpop").make()
    assert raised.value.hint == HINT


def run(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "lolpop_dagster", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_it_can_be_made_before_there_is_a_deployment(tmp_path: Path) -> None:
    file = tmp_path / "lolpop.yaml"
    done = run(str(file))
    assert done.returncode == 0
    assert done.stdout == f"dagster-webserver -w {file}\ndagster-daemon run -w {file}\n"
    assert file.exists()


def test_the_command_names_the_location(tmp_path: Path) -> None:
    made = Workspace(tmp_path / "lab.yaml", "lab")
    program, *words = made.command.split()[2:]
    assert (program, words) == ("lolpop_dagster", ["--location", "lab", str(made.path)])
    assert run(*words).returncode == 0
    made.refuse_other_location()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "the following arguments are required: FILE"),
        (
            ("--location", "a b", "lab.yaml"),
            "'a b' isn't a name of letters, digits, '_', '.' and '-'",
        ),
    ],
)
def test_the_command_says_what_it_takes(words: tuple[str, ...], reason: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stderr) == (
        2,
        "usage: python -m lolpop_dagster [-h] [--location NAME] FILE\n"
        f"python -m lolpop_dagster: error: {reason}\n",
    )


def test_the_command_leaves_a_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "workspace.yaml"
    file.write_text("load_from: []\n", "utf-8")
    done = run(str(file))
    assert done.returncode == 4
    assert done.stderr == (
        f"error: the workspace file {str(file)!r} isn't lolpop's, and lolpop leaves it alone\n"
        f"hint: {HINT}\n"
    )
