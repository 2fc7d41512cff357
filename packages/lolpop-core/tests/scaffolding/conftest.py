"""The command `lolpop`, called in an empty folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lolpop.cli.app import run

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the working folder, which is empty."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def lolpop(here: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Done]]:
    """Call the command in this process, and forget what it imported from the folder."""

    def call(*arguments: str) -> Done:
        code = run([*arguments])
        said = capfd.readouterr()
        return Done(arguments, code, said.out, said.err)

    yield call
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(here):
            del sys.modules[name]


@pytest.fixture
def tool(here: Path) -> Callable[..., None]:
    """Run a Python tool that must find nothing wrong."""

    def call(*arguments: str, folder: str = ".") -> None:
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=here / folder)
        assert done.returncode == 0, done.stdout + done.stderr

    return call
