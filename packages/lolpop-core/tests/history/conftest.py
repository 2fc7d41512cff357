"""A storage with a real package, and the records of runs that nobody makes."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import DeploymentSpec, RunRef, StepState, Workflow
from lolpop.deploying.standing import History
from lolpop.package.standard import package_workflow
from lolpop.storage import Store, artifacts
from lolpop.storage.records import RunRecord

WORKFLOW = """
import lolpop


class Work(lolpop.Pipeline):
    def make(self, seed): ...
    def do(self, made): ...
    def end(self, total): ...


class Past(lolpop.Runner):
    work: Work

    def run(self, seed: int = 7):
        return self.work.end(self.work.do(self.work.make(seed)))


class Model:
    weights = [1, 2]
"""
STEPS = ("work.make", "work.do", "work.end")
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00")


class Past:
    """Runs as their records have them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(str(folder / ".lolpop"))
        self.history = History(self.store)
        self.digest = self.package()

    def package(self, entrypoint: str = "run") -> str:
        file = self.folder / "lolpop.yaml"
        workflow = Workflow(
            project_folder=self.folder,
            config_files=(file,),
            overrides=(),
            runner="past_flow:Past",
            entrypoint=entrypoint,
        )
        return package_workflow(workflow).digest

    def package_with(self, **further: Any) -> str:
        """Package the workflow with more in its configuration."""
        file = self.folder / "lolpop.yaml"
        before = file.read_text()
        file.write_text(json.dumps({**json.loads(before), **further}))
        try:
            return self.package()
        finally:
            file.write_text(before)

    def open(self, run_id: str = "1", engine: str = "X", name: str = "past", **how: Any) -> Any:
        ref = RunRef(engine, name, run_id)
        digest = how.pop("package", self.digest)
        return self.history.runs.open(ref, digest, **how)

    def succeed(self, run: RunRecord, *steps: str, value: object = 1) -> None:
        for step in steps:
            output = artifacts.put(self.store, value, self.folder)
            run.claim(step).close(StepState.SUCCEEDED, output=output, exit_code=0)

    def fail(self, run: RunRecord, step: str, error: str = "E: x") -> None:
        run.claim(step).close(StepState.FAILED, error, 1)

    def age(self, seconds: float) -> Any:
        """Let everything that is recorded have happened so much earlier; give the newest run."""

        def earlier(found: re.Match[bytes]) -> bytes:
            then = datetime.fromisoformat(found[0].decode()) - timedelta(seconds=seconds)
            return then.isoformat(timespec="microseconds").encode()

        for path in (self.folder / ".lolpop").rglob("*"):
            if path.suffix == ".json":
                path.write_bytes(_TIME.sub(earlier, path.read_bytes()))
            if path.is_file():
                then = path.stat().st_mtime - seconds
                os.utime(path, (then, then))
        return next(reversed(self.history.runs.all()), None)

    def spoil(self, run: RunRecord) -> str:
        """Damage the record that a run is found by; give its key."""
        key = run.key("run.json")
        self.store.write(key, b"{")
        return key


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    """Give a storage with one package of three steps, and no runs."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "past_flow.py").write_text(WORKFLOW)
    (folder / "lolpop.yaml").write_text(json.dumps({"pipelines": {"work": "past_flow:Work"}}))
    monkeypatch.chdir(folder)
    try:
        yield Past(folder)
    finally:
        sys.modules.pop("past_flow", None)


@pytest.fixture
def deployed(past: Past) -> DeploymentSpec:
    """Say what the package is deployed as."""
    return DeploymentSpec(
        name="past", project="project", storage=past.store.url, interpreter=sys.executable
    )
