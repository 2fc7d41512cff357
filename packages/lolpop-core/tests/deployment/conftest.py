"""A project whose steps do what a test asks for, and the command that deploys it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

WORKFLOW = """
import os, signal, subprocess, sys, time
from pathlib import Path

import lolpop

WITNESS = Path({witness!r})


def note(text):
    with WITNESS.open("a") as file:
        file.write(text + "\\n")


class Work(lolpop.Pipeline):
    def make(self, how: str):
        note(f"make {{how}}")
        return {{"how": how, "numbers": [1, 2, 3]}}, Path("made.txt")

    def do(self, made):
        how = made["how"]
        print("doing", how, flush=True)
        note(f"do {{how}}")
        if how == "fail":
            raise ValueError("it is broken")
        if how == "fatal":
            raise lolpop.Fatal("never again")
        if how == "exit":
            os._exit(3)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "sleep":
            stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {nap}"
            subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True)
            note("sleeping")
            time.sleep(600)
        if how == "twice" and WITNESS.read_text().count("do twice") < 2:
            raise OSError("not yet")
        return sum(made["numbers"])

    def end(self, total):
        note(f"end {{total}}")
        return total * 2


class Flow(lolpop.Runner):
    work: Work

    def run(self, how: str = "well", seed: int = 7):
        made, path = self.work.make(how)
        total = self.work.do(made)
        return self.work.end(total)
"""
NAP = "import time; time.sleep(600)"
YAML = """
runner: Flow
modules: [flow]
pipelines: {work: Work}
steps: {work.do: {retries: 1, retry_delay: 100ms}}
"""


class Project:
    """A project folder, the command in it, and what its steps wrote outside of the storage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.witness = folder.with_name("witness.txt")
        self.witness.touch()
        folder.mkdir()
        (folder / "flow.py").write_text(WORKFLOW.format(witness=str(self.witness), nap=NAP))
        (folder / "lolpop.yaml").write_text(YAML)

    def call(self, *arguments: str, code: int = 0) -> str:
        """Run `lolpop deployment …`; give its output."""
        script = Path(sys.executable).with_name("lolpop")
        done = subprocess.run(
            [script, "deployment", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, *arguments: str, code: int = 0) -> Any:
        """Run `lolpop deployment … --output json`; give its answer."""
        return json.loads(self.call(*arguments, "--output", "json", code=code))

    @property
    def seen(self) -> list[str]:
        """What the steps wrote down."""
        return self.witness.read_text().splitlines()

    def wait_for(self, line: str) -> None:
        """Wait until a step wrote a line down."""
        deadline = time.monotonic() + 60
        while line not in self.seen:
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.05)

    def processes(self) -> list[psutil.Process]:
        """Find the processes that belong to this project's attempts."""
        found = []
        for process in psutil.process_iter():
            try:
                inside = Path(process.cwd()).is_relative_to(self.folder)
                if inside and "LOLPOP_ATTEMPT" in process.environ():
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Give a project; whatever it left running is ended."""
    made = Project(tmp_path / "project")
    yield made
    for process in made.processes():
        with suppress(psutil.NoSuchProcess):  # it may just have ended
            process.kill()


@pytest.fixture
def built(project: Project) -> Project:
    """Give a project that is deployed."""
    project.call("build")
    return project


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the attempt of nobody else in the environment."""
    monkeypatch.delenv("LOLPOP_ATTEMPT", raising=False)


Wait = Callable[[str], None]
__all__ = ["Project", "os"]
