"""What merely looks imports nothing of the project; what has to find its classes does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LOOKING = [
    "--help",
    "--version",
    "deployment --help",
    "deployment build --help",
    "config show",
    "config schema",
    "deployment list",
    "deployment list --all --all-orchestrators",
    "deployment status",
    "deployment logs",
    "deployment run",
    "deployment stop",
    "deployment remove",
    "deployment list --deployer LocalOrchestrator -c lolpop.yaml",
    "runs list",
    "runs show latest",
    "runs report latest",
    "runs get latest work",
    "storage prune --dry-run",
    "plugins list",
    "plugins doctor LocalOrchestrator",
    "completion bash",
    "check NoneOrchestrator",
]
FINDING = ["config check", "graph", "run workflow", "deployment package", "deployment plan"]
OWN = ["deployment list", "deployment status", "runs list"]


@pytest.fixture
def marked(project: Any) -> Callable[[str], Path]:
    """Write a project whose modules leave a mark when they are imported."""

    def write(orchestrator: str) -> Path:
        mark = "from pathlib import Path\nPath(__file__).with_suffix('.mark').touch()\n"
        folder: Path = project("def run(self): ...", mark, f"decorators: {{{orchestrator}}}")
        (folder / "own.py").write_text(
            f"{mark}from lolpop.local import LocalOrchestrator\nclass Own(LocalOrchestrator): ..."
        )
        (folder / "conftest.py").write_text(mark)
        return folder

    return write


@pytest.mark.parametrize("words", LOOKING)
def test_what_looks_imports_nothing_of_the_project(inside: Any, marked: Any, words: str) -> None:
    folder = marked("orchestrator: LocalOrchestrator")
    done = inside(*words.split())
    assert done.returncode in (0, 2, 3)
    assert "a bug in lolpop" not in done.stderr
    assert not [*folder.glob("*.mark")]


@pytest.mark.parametrize("words", FINDING)
def test_what_finds_classes_imports_their_modules(inside: Any, marked: Any, words: str) -> None:
    folder = marked("orchestrator: LocalOrchestrator")
    assert inside(*words.split()).returncode == 0
    assert [file.name for file in folder.glob("*.mark")] == ["flow.mark"]


@pytest.mark.parametrize("words", OWN)
def test_an_orchestrator_of_the_project_is_imported_by_what_asks_it(
    inside: Any, marked: Any, words: str
) -> None:
    folder = marked("orchestrator: own:Own")
    inside(*words.split())
    asks = not words.startswith("runs")
    assert [file.name for file in folder.glob("*.mark")] == (["own.mark"] if asks else [])
