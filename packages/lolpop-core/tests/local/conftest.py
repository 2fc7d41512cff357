"""A workflow whose steps do what a script says, on an embedded orchestrator of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from lolpop import plugins
from lolpop.contract import DeploymentSpec, Package, Run, RunRef, RunState, RunStatus, Workflow
from lolpop.contract.options import DeployOptions, RemoveOptions, RunOptions, StopOptions
from lolpop.local import LocalOrchestrator
from lolpop.package.standard import package_workflow
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs

PATIENCE = 120.0
"""Seconds to wait for what must come; the machine may be busy."""

# a and b need nothing, c needs a, d needs b, e needs c and d.
CODE = """
import os, subprocess, sys, time
from pathlib import Path

import lolpop

SEEN = Path({seen!r})
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def note(text):
    with (SEEN / "notes").open("a") as file:
        file.write(text + "\\n")


def wait_for(name):
    deadline = time.monotonic() + {patience}
    while not (SEEN / name).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(name)
        time.sleep(0.02)


def act(name, script):
    note(f"{{name}} starts in {{os.getpid()}}")
    for word in script.get(name, "").split():
        verb, _, what = word.partition(":")
        if verb == "show":
            (SEEN / what).touch()
        elif verb == "await":
            wait_for(what)
        elif verb == "fail":
            raise ValueError(f"{{name}} is broken")
        elif verb == "fatal":
            raise lolpop.Fatal(f"{{name}} is beyond hope")
        elif verb == "once" and not (SEEN / f"{{name}} tried").exists():
            (SEEN / f"{{name}} tried").touch()
            raise OSError("not yet")
        elif verb == "spawn":
            subprocess.Popen([sys.executable, "-c", STUBBORN], start_new_session=True)
        elif verb == "nap":
            time.sleep(float(what))
    note(f"{{name}} ends with version 1")
    return name


class Work(lolpop.Pipeline):
    def a(self, script):
        return act("a", script)

    def b(self, script):
        return act("b", script)

    def c(self, script, a):
        return a + act("c", script)

    def d(self, script, b):
        return b + act("d", script)

    def e(self, script, c, d):
        return c + d + act("e", script)


class Flow(lolpop.Runner):
    work: Work

    def run(self, script: dict):
        a = self.work.a(script)
        b = self.work.b(script)
        c = self.work.c(script, a)
        d = self.work.d(script, b)
        return self.work.e(script, c, d)
"""
YAML = """
runner: Flow
modules: [flow]
pipelines: {{work: Work}}
order: {order}
storage: {storage}
"""
MARK = "LOLPOP_TEST_MARK"


class Local:
    """A project, its storage, the orchestrator on it, and what the steps wrote elsewhere."""

    def __init__(self, folder: Path, storage: Path, project: str = "birds") -> None:
        self.folder = folder
        self.storage = storage
        self.project = project
        self.seen = folder / "seen"
        self.seen.mkdir(parents=True)
        self.source = folder / "project" / "flow.py"
        self.source.parent.mkdir()
        self.source.write_text(CODE.format(seen=str(self.seen), patience=PATIENCE))
        self.engine = self.made()

    def made(self, **config: Any) -> LocalOrchestrator:
        """Make an orchestrator of the storage, as the core does."""
        engine = LocalOrchestrator.create(config)
        engine.__dict__["storage"] = str(self.storage)
        return engine

    def packaged(self, order: str = "program") -> Package:
        """Package the workflow."""
        file = self.source.with_name("lolpop.yaml")
        file.write_text(YAML.format(order=order, storage=self.storage))
        sys.modules.pop("flow", None)
        workflow = Workflow(
            project_folder=file.parent, config_files=(file,), runner="flow:Flow", entrypoint="run"
        )
        try:
            return package_workflow(workflow)
        finally:
            sys.modules.pop("flow", None)
            plugins.forget()

    def spec(self, name: str = "flow", **changes: Any) -> DeploymentSpec:
        """Say what is deployed."""
        given = {"storage": str(self.storage), "interpreter": sys.executable, **changes}
        return DeploymentSpec(name=name, project=self.project, **given)

    def deploy(self, name: str = "flow", order: str = "program", **changes: Any) -> Package:
        """Package the workflow and deploy it."""
        package = self.packaged(order)
        self.engine.deploy(package, self.spec(name, **changes), DeployOptions())
        return package

    def run(self, name: str = "flow", key: str | None = None, **script: str) -> Run:
        """Start a run whose steps follow a script."""
        options = RunOptions(idempotency_key=key)
        return self.engine.run(name, {"script": script}, options)

    def stop(self, run: Run | None = None, name: str = "flow", **options: Any) -> Any:
        """Stop one run, or all of them."""
        run_id = run.ref.run_id if run else None
        return self.engine.stop(name, run_id, StopOptions(**options))

    def remove(self, name: str = "flow") -> Any:
        """Remove a deployment."""
        return self.engine.remove(name, RemoveOptions())

    def status(self, run: Run) -> RunStatus:
        """Ask where a run stands."""
        return self.engine.status(run.ref)

    def state(self, run: Run) -> RunState:
        """Ask for a run's state alone."""
        return self.status(run).run.state

    def wait(self, run: Run) -> RunStatus:
        """Wait for a run's end."""
        self.until(lambda: self.state(run).is_over)
        return self.status(run)

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, self.notes
            time.sleep(0.02)

    def show(self, name: str) -> None:
        """Let steps that await a name go on."""
        (self.seen / name).touch()

    def shown(self, name: str) -> None:
        """Wait until a step has shown a name."""
        self.until((self.seen / name).exists)

    @property
    def notes(self) -> list[str]:
        """What the steps wrote down."""
        file = self.seen / "notes"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def started(self) -> list[str]:
        """The steps that have started, in that order."""
        return [line.split()[0] for line in self.notes if " starts in " in line]

    def record(self, ref: RunRef) -> RunRecord:
        """Read a run's record, once its supervisor has made it."""
        runs = Runs(Store(str(self.storage)))
        self.until(lambda: runs.find(ref))
        found = runs.find(ref)
        assert found is not None
        return found

    def steps(self, run: Run) -> dict[str, list[str]]:
        """Give the states of each step's attempts, from the records."""
        return {
            step.name: [attempt.state.value for attempt in step.attempts]
            for step in self.record(run.ref).steps()
        }


class Processes:
    """The processes that this test started, however far down."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def marked(self) -> list[psutil.Process]:
        """Find those that live."""
        return [each for each in psutil.process_iter() if self.is_ours(each)]

    def is_ours(self, process: psutil.Process) -> bool:
        try:
            ours = process.pid != os.getpid() and process.environ().get(MARK) == self.mark
            return ours and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def driving(self, run: Run) -> psutil.Process:
        """Find the supervisor of a run."""
        return next(each for each in self.supervisors() if run.ref.run_id in line(each))

    def supervisors(self) -> list[psutil.Process]:
        return [each for each in self.marked() if "lolpop.local.supervisor" in line(each)]

    def workers(self) -> list[psutil.Process]:
        """Find the processes that make attempts."""
        return [each for each in self.marked() if "lolpop.execution" in line(each)]


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
    for process in found.marked():
        with suppress(psutil.NoSuchProcess):  # it may just have ended
            process.kill()


@pytest.fixture
def local(tmp_path: Path) -> Local:
    return Local(tmp_path / "here", tmp_path / "storage")


@pytest.fixture
def flow(local: Local) -> Local:
    """Give a project whose workflow is deployed as `flow`."""
    local.deploy()
    return local
