"""One workflow on the orchestrator that is tried: its folder, its life, its witness."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import yaml

from lolpop.contract import Deployment, Package, Plan, Removed, Run, RunStatus, Stopped
from lolpop.deploying import building, running, watching
from lolpop.deploying.engine import Engine, engine
from lolpop.deploying.logs import logs
from lolpop.deploying.packaging import wanted_package
from lolpop.deploying.planning import make_plan
from lolpop.deploying.specifying import specification
from lolpop.inprocess import Source
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop.testing.harness import Harness
from lolpop.testing.rule import broken, expect
from lolpop.testing.settings import lay_over, named_in

POLL = 0.1
_GO = "go"


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that is over, and what its steps wrote down meanwhile.

    Attributes:
        status: Where it ended.
        seen: The lines of the witness, in the order in which they were written.
        record: Its record in the storage.
        project: The project that it is a run of.
    """

    status: RunStatus
    seen: tuple[Mapping[str, Any], ...]
    record: RunRecord
    project: Project

    @property
    def run(self) -> Run:
        """The run."""
        return self.status.run

    @property
    def steps(self) -> list[str]:
        """The steps that wrote something down, in order."""
        return [str(line["step"]) for line in self.seen]


class Project:
    """A project folder with one of the rules' workflows.

    Args:
        folder: Where to write it; it doesn't exist yet.
        workflow: The workflow's module in `lolpop.testing.workflows`.
        orchestrator: The orchestrator's name.
        harness: What is known of the engine.
        settings: Further YAML, by top-level key.
    """

    def __init__(
        self,
        folder: Path,
        workflow: str,
        orchestrator: str,
        harness: Harness,
        settings: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.harness = harness
        self.witness = folder.with_name(f"{folder.name}-witness") / "lines"
        self.witness.parent.mkdir(parents=True)
        self.witness.touch()
        self.since = 0  # how many lines of the witness are older than what is looked at
        folder.mkdir()
        workflows = Path(__file__).with_name("workflows")
        source = workflows / f"{workflow}.py"
        for file in (source, workflows / "witness.py"):
            shutil.copy(file, folder)
        self.settings: dict[str, Any] = {
            "modules": [workflow],
            **named_in(source, str(self.witness)),
            "decorators": {"orchestrator": orchestrator},
            "orchestrator": {"config": dict(harness.config)},
            "deployment": {"name": folder.name, "project": "conformance"},
            "storage": harness.storage,
        }
        self.configure(settings)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Lay further YAML over the configuration; it holds from the next verb on."""
        lay_over(self.settings, settings)
        (self.folder / "lolpop.yaml").write_text(yaml.safe_dump(self.settings), "utf-8")
        self.__dict__.pop("engine", None)

    @property
    def name(self) -> str:
        """The deployment's name."""
        return str(self.settings["deployment"]["name"])

    @cached_property
    def engine(self) -> Engine:
        """The orchestrator, as this project's configuration names it."""
        return engine(Source((str(self.folder / "lolpop.yaml"),)))

    @property
    def store(self) -> Store:
        """The storage."""
        return Store(str(self.settings["storage"]))

    def package(self) -> Package:
        """Package the workflow as it is now."""
        try:
            return wanted_package(self.engine, None)
        finally:
            self.forget()

    def forget(self) -> None:
        """Forget the workflow's modules: the next project has others of the same name."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and Path(file).is_relative_to(self.folder):
                del sys.modules[name]

    def plan(self, **options: Any) -> Plan:
        """Say what building would do."""
        package = self.package()
        spec = specification(self.engine, package, None)
        return make_plan(self.engine, package, spec, options).plan

    def build(self, **options: Any) -> Deployment:
        """Deploy the workflow as it is now."""
        return building.build(self.engine, self.package(), None, options).deployment

    def deployment(self) -> Deployment | None:
        """Give the deployment as the engine has it."""
        return self.engine.find(self.name)

    def start(
        self,
        options: Mapping[str, Any] | None = None,
        /,
        how: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Run:
        """Start a run.

        Args:
            options: Options of the verb.
            how: What the run is told to do.
            values: Its parameters, JSON values.
        """
        given = {**({"how": how} if how else {}), **(values or {})}
        return running.start(self.engine, self.name, given, options or {})

    def status(self, run: Run) -> RunStatus:
        """Say where a run stands."""
        return watching.status(self.engine, watching.Seen(run, None))

    def wait(self, run: Run, since: int = 0) -> Finished:
        """Wait until a run is over.

        Args:
            run: The run.
            since: How many lines of the witness are older than what is looked for.

        Raises:
            RuleBroken: It takes longer than the engine may.
        """
        status = self.until(
            lambda: found if (found := self.status(run)).run.state.is_over else None,
            f"run {run.ref.run_id} isn't over",
        )
        return Finished(status, self.seen[since:], self.record(run), self)

    def wait_anew(self, run: Run, run_id: str) -> Finished:
        """Wait until a run that is run again, under its own or another id, is over again."""
        again = self.renamed(run, run_id)
        if run_id == run.ref.run_id:
            self.until(
                lambda: None if self.status(again).run.state.is_over else True,
                f"run {run_id} isn't run again",
            )
        return self.wait(again)

    def renamed(self, run: Run, run_id: str) -> Run:
        """Give a run under another id."""
        return replace(run, ref=replace(run.ref, run_id=run_id))

    def finish(self, how: str | None = None, values: Mapping[str, Any] | None = None) -> Finished:
        """Start a run and wait until it is over; give what was written down since."""
        since = len(self.seen)
        return self.wait(self.start(how=how, values=values), since)

    def living(self) -> list[int]:
        """Give the ids of the processes that steps wrote down and that still live."""
        pids = {line[key] for line in self.seen for key in ("pid", "child") if key in line}
        return sorted(pid for pid in pids if _lives(pid, self.seen))

    def settle(self, must_not_be: Callable[[], object] = lambda: False) -> bool:
        """Wait long enough for what must not happen to happen; give whether it did."""
        deadline = time.monotonic() + self.harness.settling
        while time.monotonic() < deadline:
            if must_not_be():
                return True
            time.sleep(POLL)
        return bool(must_not_be())

    def status_by_name(self, run: Run) -> RunStatus:
        """Say where a run stands, as the command does: found by the deployment's name."""
        seen = watching.find_run(self.engine, self.name, run.ref.run_id)
        return watching.status(self.engine, seen)

    def record(self, run: Run) -> RunRecord:
        """Give a run's record.

        Raises:
            RuleBroken: There is none.
        """
        found = Runs(self.store).find(run.ref)
        return found or broken(f"there is no record of run {run.ref}")

    def log(self, run: Run, step: str | None = None) -> list[str]:
        """Give the lines that `lolpop deployment logs` shows."""
        seen = watching.find_run(self.engine, self.name, run.ref.run_id)
        return [line.text for line in logs(self.engine, seen, step)]

    def stop(self, run: Run | None = None, **options: Any) -> Stopped:
        """Stop one run, or all."""
        return running.stop(self.engine, self.name, run.ref.run_id if run else None, options)

    def remove(self) -> Removed:
        """Remove the deployment."""
        return running.remove(self.engine, self.name, {})

    @property
    def seen(self) -> tuple[Mapping[str, Any], ...]:
        """What the steps of all runs wrote down so far, or since this one was made `anew`."""
        lines = self.witness.read_text("utf-8").splitlines()
        return tuple(json.loads(line) for line in lines[self.since :])

    def anew(self) -> Project:
        """Give the same project as if none of its steps had run yet."""
        made = copy(self)
        made.since += len(self.seen)
        self.witness.with_name(_GO).unlink(missing_ok=True)
        return made

    def go(self) -> None:
        """Let the steps go on that wait for it."""
        self.witness.with_name(_GO).touch()

    def until_seen(self, step: str, times: int = 1) -> None:
        """Wait until something was written down for a step.

        Raises:
            RuleBroken: It takes longer than the engine may.
        """
        self.until(
            lambda: [line["step"] for line in self.seen].count(step) >= times or None,
            f"no step wrote {step!r} down, or not {times} times",
        )

    def until(self, ask: Callable[[], Any], complaint: str) -> Any:
        """Ask until there is an answer that isn't None.

        Raises:
            RuleBroken: It takes longer than the engine may.
        """
        began = time.monotonic()
        while (found := ask()) is None:
            waited = time.monotonic() - began
            expect(
                waited < self.harness.patience,
                f"{complaint} after {self.harness.patience:g} s; seen so far: {_steps(self.seen)}",
            )
            # Asking keeps an engine from its work: ask less often what takes longer.
            time.sleep(max(POLL, min(1.0, waited / 8)))
        return found


def _steps(seen: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(line["step"]) for line in seen) or "nothing"


def _lives(pid: int, seen: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a process lives, and is the one that wrote itself down."""
    noted = max(line["time"] for line in seen if pid in (line.get("pid"), line.get("child")))
    try:
        process = psutil.Process(pid)
        return process.create_time() <= noted + 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
