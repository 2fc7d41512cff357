"""The installed command `lolpop`, called in a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from lolpop.cli.app import run

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def script() -> Path:
    """Give the path of the installed command."""
    return Path(sys.executable).with_name("lolpop")


@pytest.fixture
def lolpop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Path) -> Callable[..., Done]:
    """Call the command in `tmp_path`, without a terminal."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, **environment: str) -> Done:
        return subprocess.run(
            [script, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "COLUMNS": "100", **environment},
        )

    return call


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Write a project whose runner has the given body; further files by keyword."""

    def write(body: str, before: str = "", yaml: str = "") -> Path:
        head = f"from lolpop import *\n{dedent(before)}\n\nclass MyRunner(Runner):\n"
        lines = dedent(body).strip().splitlines()
        code = head + "".join(f"    {line}\n" for line in lines)
        (tmp_path / "flow.py").write_text(code, encoding="utf-8")
        text = f"runner: MyRunner\nmodules: [flow]\n{dedent(yaml)}"
        (tmp_path / "lolpop.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Done]]:
    """Call the command in `tmp_path` and in this process, and forget what it imported there."""
    monkeypatch.chdir(tmp_path)

    def forget() -> None:
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
                del sys.modules[name]

    def call(*arguments: str, **environment: str) -> Done:
        forget()
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = run([*arguments])
        said = capfd.readouterr()
        return Done(arguments, code, said.out, said.err)

    yield call
    forget()
