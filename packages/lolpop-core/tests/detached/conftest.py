"""A workflow of three steps that do what they are told, and its runs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from lolpop import plugins
from lolpop.contract import DeploymentSpec, Run, RunState, StepSettings, Workflow
from lolpop.detached import Detached
from lolpop.package.standard import package_workflow

PATIENCE = 120.0
"""Seconds to wait for what must come; the machine may be busy."""
MARK = "LOLPOP_TEST_MARK"
CODE = """
import subprocess, sys, time
from pathlib import Path

import lolpop

SEEN = Path({seen!r})
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Work(lolpop.Pipeline):
    def first(self, how):
        with (SEEN / "notes").open("a") as notes:
            notes.write(f"first {{how}}\\n")
        return how

    def second(self, how):
        with (SEEN / "notes").open("a") as notes:
            notes.write("second\\n")
        if how == "fail":
            raise ValueError("it is broken")
        if how in ("wait", "stubborn"):
            if how == "stubborn":
                subprocess.Popen([sys.executable, "-c", STUBBORN], start_new_session=True)
            (SEEN / "waiting").touch()
            while not (SEEN / "go").exists():
                time.sleep(0.02)
        return 1

    def third(self, one):
        with (SEEN / "notes").open("a") as notes:
            notes.write("third\\n")


class Flow(lolpop.Runner):
    work: Work

    def run(self, how: str = "well"):
        self.work.third(self.work.second(self.work.first(how)))
"""
YAML = "runner: Flow\nmodules: [flow]\npipelines: {{work: Work}}\nstorage: {storage}\n"


class Flow:
    """The workflow, packaged."""

    def __init__(self, folder: Path) -> None:
        self.storage = str(folder / "storage")
        self.seen = folder / "seen"
        self.seen.mkdir()
        project = folder / "project"
        project.mkdir()
        (project / "flow.py").write_text(CODE.format(seen=str(self.seen)))
        file = project / "lolpop.yaml"
        file.write_text(YAML.format(storage=self.storage))
        sys.modules.pop("flow", None)
        workflow = Workflow(
            project_folder=project, config_files=(file,), runner="flow:Flow", entrypoint="run"
        )
        try:
            self.package = package_workflow(workflow).digest
        finally:
            sys.modules.pop("flow", None)
            plugins.forget()
        self.engine = Detached("MineOrchestrator", self.storage)

    def start(self, how: str | None = None, key: str | None = None, timeout: float = 600) -> Run:
        """Start a run."""
        spec = DeploymentSpec(
            name="flow",
            project="birds",
            parameters={"how": "as deployed"},
            storage=self.storage,
            interpreter=sys.executable,
            steps={"work.second": StepSettings(timeout=timeout)},
        )
        return self.engine.start(spec, self.package, {"how": how} if how else {}, key)

    def waiting(self, how: str = "wait") -> Run:
        """Start a run and wait until its second step waits."""
        run = self.start(how)
        self.until((self.seen / "waiting").exists)
        return run

    def state(self, run: Run) -> RunState:
        """Say where a run stands."""
        return self.engine.status(run.ref).run.state

    def ended(self, run: Run) -> tuple[str, str | None]:
        """Wait for the end of a run; give its state and its error."""
        self.until(lambda: self.state(run).is_over)
        status = self.engine.status(run.ref)
        return status.run.state.value, status.error

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, self.notes
            time.sleep(0.02)

    @property
    def notes(self) -> list[str]:
        """What the steps wrote down."""
        file = self.seen / "notes"
        return file.read_text().splitlines() if file.exists() else []


class Processes:
    """The processes that this test started, however far down."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def living(self) -> list[psutil.Process]:
        """Find those that live."""
        return [each for each in psutil.process_iter() if self.is_ours(each)]

    def is_ours(self, process: psutil.Process) -> bool:
        try:
            ours = process.pid != os.getpid() and process.environ().get(MARK) == self.mark
            return ours and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def walking(self) -> list[psutil.Process]:
        """Find the processes that make runs."""
        return [each for each in self.living() if "lolpop.detached" in line(each)]


def line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """Tell this test's processes from others, and end what it leaves running."""
    found = Processes(uuid4().hex)
    monkeypatch.setenv(MARK, found.mark)
    monkeypatch.delenv("LOLPOP_ATTEMPT", raising=False)
    yield found
    for process in found.living():
        with suppress(psutil.NoSuchProcess):  # it may just have ended
            process.kill()


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return Flow(tmp_path)
