from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lolpop.errors import WorkflowError
from lolpop.inprocess import Source, run_workflow

CODE = """
import asyncio, os, sys
class Flow(Runner):
    async def coroutine(self):
        await asyncio.sleep(0)
        return 1
    def rows(self):
        yield 1
        yield 2
    async def stream(self):
        yield 1
        yield 2
    def leave(self): sys.exit(3)
    def quiet(self): raise ValueError
    def fail(self): raise ValueError("mine")
    async def afail(self): raise ValueError("mine")
    def late(self):
        yield 1
        raise ValueError("late")
    def cancelled(self): raise asyncio.CancelledError
    def where(self): return os.getcwd(), sys.path[0]
    def interrupted(self): raise KeyboardInterrupt
    def misconfigured(self): return self.config.path
"""


@pytest.fixture
def flow(project: Any) -> Any:
    project.code(CODE)
    project.yaml("runner: flow:Flow\n")
    return project


@pytest.mark.parametrize(
    ("method", "expected"), [("coroutine", 1), ("rows", [1, 2]), ("stream", [1, 2])]
)
def test_what_is_waited_for(flow: Any, method: str, expected: object) -> None:
    assert flow.run(method).result == expected


@pytest.mark.parametrize(
    ("method", "said", "hint"),
    [
        ("leave", "SystemExit: 3", None),
        ("quiet", "ValueError", None),
        ("fail", "ValueError: mine", None),
        ("afail", "ValueError: mine", None),
        ("late", "ValueError: late", None),
        ("cancelled", "CancelledError", None),
        (
            "misconfigured",
            "MissingValueError: no value for config.path; there is nothing",
            "set config.path in the configuration",
        ),
    ],
)
def test_a_workflow_that_fails(flow: Any, method: str, said: str, hint: str | None) -> None:
    with pytest.raises(WorkflowError) as caught:
        flow.run(method)
    assert caught.value.message == f"Flow.{method} failed: {said}"
    assert caught.value.hint == hint
    assert type(caught.value.__cause__).__name__ == said.partition(":")[0]


def test_an_interruption_passes(flow: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        flow.run("interrupted")


@pytest.mark.parametrize("method", ["where", "fail"])
def test_it_runs_in_the_folder_of_the_first_file(
    flow: Any, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.yaml("runner: nobody:Nobody\n")
    flow.write("project/flow.py", (flow.folder / "flow.py").read_text())
    flow.write("project/lolpop.yaml", "runner: flow:Flow\n")
    flow.write("over.yaml", "config: {}\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.chdir(outside)
    path = list(sys.path)
    source = Source(("../project/lolpop.yaml", "../over.yaml"))
    if method == "fail":
        with pytest.raises(WorkflowError):
            run_workflow(source, method)
    else:
        project = str((tmp_path / "project").resolve())
        assert run_workflow(source, method).result == (project, project)
    assert Path.cwd() == outside.resolve()
    assert sys.path == path


def test_the_folder_is_restored_after_a_refusal(flow: Any) -> None:
    path = list(sys.path)
    flow.yaml("runner: flow:Nobody\n")
    assert flow.problems() == ["lolpop.yaml:1:9: runner: module 'flow' has no 'Nobody'"]
    assert Path.cwd() == flow.folder
    assert sys.path == path


def test_checks_that_building_does_not_need_can_be_left_out(project: Any) -> None:
    project.code("class Flow(Runner):\n    x: Component\n    def run(self): return self.config.n\n")
    project.yaml("runner: flow:Flow\nconfig: {n: 5}\n")
    assert len(project.problems()) == 1
    assert run_workflow(Source(skip_validation=True)).result == 5


def test_an_init_that_raises_ends_the_command_with_the_users_frames(project: Any) -> None:
    project.code("class Flow(Runner):\n    def __init__(self): 1 / 0\n    def run(self): pass\n")
    project.yaml("runner: flow:Flow\n")
    command = [sys.executable, "-m", "lolpop", "run", "workflow"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "flow.py" in done.stderr
    assert "assembly.py" not in done.stderr
    assert done.stderr.endswith(
        "ZeroDivisionError: division by zero\n"
        "error: making Flow (Flow) failed: ZeroDivisionError: division by zero\n"
    )
