"""`lolpop init`: a project that runs as it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lolpop.cli.app import run

NAMES = ["lolpop.yaml", "workflow.py"]
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_the_project_runs_as_it_stands(lolpop: Any) -> None:
    assert lolpop("init", "my_demo").stdout == (
        "wrote my_demo/lolpop.yaml and my_demo/workflow.py\n"
        "next: cd my_demo && lolpop run workflow\n"
    )
    done = lolpop("run", "workflow", "-c", "my_demo/lolpop.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, _ = done.stdout.split("\n")
    assert first == "4 different words: {'the': 2, 'cat': 1, 'saw': 1, 'dog': 1}"
    assert second.startswith("done: DemoRunner.run in 0.0")


def test_the_one_line_chooses_the_orchestrator(inside: Any, here: Path) -> None:
    inside("init")
    yaml = here / "lolpop.yaml"
    yaml.write_text(yaml.read_text().replace("\n# ", "\n"))
    done = inside("config", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "lolpop.yaml: no problems\n"
        "runner      DemoRunner\n"
        "entrypoint  run\n"
        "pipelines   words: Words\n"
        "decorators  orchestrator: LocalOrchestrator\n"
    )


@pytest.mark.parametrize(
    "tool",
    [["ruff", "check", "--isolated"], ["ruff", "format", "--check"], ["mypy", "--strict"]],
    ids=" ".join,
)
def test_the_project_passes_the_checkers(here: Path, tool: list[str]) -> None:
    run(["init"])
    command = [sys.executable, "-m", *tool, "workflow.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=here)
    assert done.returncode == 0, done.stdout


def test_the_default_is_the_folder_one_is_in(here: Path, capsys: Output) -> None:
    (here / "other.txt").write_text("kept")
    assert run(["init"]) == 0
    said = "wrote lolpop.yaml and workflow.py\nnext: lolpop run workflow\n"
    assert capsys.readouterr() == (said, "")
    assert names(here) == ["lolpop.yaml", "other.txt", "workflow.py"]
    assert (here / "other.txt").read_text() == "kept"


def test_a_path_with_spaces_is_quoted(here: Path, capsys: Output) -> None:
    assert run(["init", "a b/ü"]) == 0
    assert capsys.readouterr().out.endswith("next: cd 'a b/ü' && lolpop run workflow\n")
    assert names(here / "a b" / "ü") == NAMES


def test_the_answer_may_be_json(capsys: Output) -> None:
    assert run(["init", "x", "--output", "json"]) == 0
    files = ["x/lolpop.yaml", "x/workflow.py"]
    assert json.loads(capsys.readouterr().out) == {"folder": "x", "files": files}


@pytest.mark.parametrize(
    ("present", "named"),
    [
        (["lolpop.yaml"], "lolpop.yaml"),
        (["workflow.py"], "workflow.py"),
        (NAMES, "lolpop.yaml and workflow.py"),
    ],
)
def test_nothing_is_overwritten_and_nothing_written_then(
    here: Path, capsys: Output, present: list[str], named: str
) -> None:
    for name in present:
        (here / name).write_text("mine")
    assert run(["init"]) == 2
    assert capsys.readouterr().err == (
        f"error: '.' has {named} already\nhint: name another folder: lolpop init DIR\n"
    )
    assert names(here) == present
    assert {(here / name).read_text() for name in present} == {"mine"}


def test_a_link_to_nowhere_is_not_written_through(here: Path) -> None:
    (here / "workflow.py").symlink_to(here / "elsewhere.py")
    assert run(["init"]) == 2
    assert names(here) == ["workflow.py"]


LONG = "x" * 300


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("file", "File exists"),
        ("file/x", "Not a directory"),
        ("/proc/x", "No such file or directory"),
        (LONG, "File name too long"),
    ],
)
def test_a_folder_that_cannot_be_written_is_named(
    here: Path, capsys: Output, folder: str, why: str
) -> None:
    (here / "file").write_text("")
    assert run(["init", folder]) == 2
    assert capsys.readouterr() == ("", f"error: can't write to {folder!r}: {why}\n")
