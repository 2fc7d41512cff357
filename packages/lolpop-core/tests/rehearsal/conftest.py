"""A project, and the command that rehearses it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Done = subprocess.CompletedProcess[str]
YAML = "runner: Flow\nmodules: [flow]\npipelines: {work: Work}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an empty project folder."""
    made = tmp_path / "project"
    made.mkdir()
    return made


@pytest.fixture
def rehearsed(folder: Path, tmp_path: Path) -> Callable[..., Done]:
    """Write a project, whose runner `Flow` has a pipeline `work`, and rehearse it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    def rehearse(code: str, *arguments: str, yaml: str = "", at: Path = folder) -> Done:
        (folder / "flow.py").write_text(dedent(code).lstrip())
        (folder / "lolpop.yaml").write_text(YAML + dedent(yaml))
        done = subprocess.run(
            [Path(sys.executable).with_name("lolpop"), "run", "workflow", "--rehearse", *arguments],
            cwd=at,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "PYTHONHASHSEED": "random", "TMPDIR": str(temporary)},
        )
        assert not list(temporary.iterdir())
        assert not (folder / ".lolpop").exists()
        return done

    return rehearse
