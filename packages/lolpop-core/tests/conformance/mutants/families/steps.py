"""Mutants whose runs have other steps, or other values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lolpop.contract import Order, RunRef, RunState, RunStatus, StepState, StepStatus
from lolpop.execution.request import Request
from lolpop.execution.restoring import forget_modules
from lolpop.execution.session import Session, open_session
from lolpop.execution.work import Outcome, perform
from lolpop.local.rows import Row
from lolpop.local.supervisor import Supervisor
from lolpop.local.workers import Workers
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from mutants.engine import LocalHarness, Sound
from mutants.registry import breaks


class Tells(Sound):
    """Tells of steps as its engine names them."""

    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        graph = read_manifest(self.store, self.entry(ref.deployment).package).graph
        names = self.names([step.name for step in graph.steps])
        steps = tuple(StepStatus(name=name, state=StepState.SUCCEEDED) for name in names)
        return replace(found, steps=steps)

    def names(self, names: list[str]) -> list[str]:
        """Name the steps that the engine has, from those of the graph."""
        return names


@breaks("steps.names_and_order_are_the_graphs", "the steps of the status: expected ['work.make'")
class ShowsItsStart(Tells):
    """Begins every run with a task of its own, unless there are groups."""

    def names(self, names: list[str]) -> list[str]:
        return names if any("[" in name for name in names) else ["start", *names]


class OneTask(LocalHarness):
    """Sees what its engine shows: one task."""

    def units(self, ref: RunRef) -> list[str]:
        return ["run the workflow"]


@breaks(
    "steps.each_is_one_unit_of_the_engine",
    "the engine's units of the run: expected ['work.change', 'work.finish', 'work.make']",
    harness=OneTask,
)
class RunsAllInOne(Sound):
    """Has one task for all steps."""


@breaks("steps.groups_keep_their_steps", "the steps: expected ['work.add', 'work.add[2]'")
class WritesNoBrackets(Tells):
    def names(self, names: list[str]) -> list[str]:
        return [name.replace("[", "-").replace("]", "") for name in names]


@breaks("steps.values_arrive_as_they_were", "the run (AttributeError: 'str' object has no")
class HandsOverJson(Sound):
    wrong = "hand_over_json"


@breaks("steps.what_cannot_be_stored_is_named", "the run: expected 'failed', got 'succeeded'")
class IsContent(Sound):
    """Takes every run that has ended for a success."""

    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        failed = found.run.state is RunState.FAILED
        state = RunState.SUCCEEDED if failed else found.run.state
        return replace(found, run=replace(found.run, state=state))


class Here(Workers):
    """Makes attempts in this process: it is the worker that it lends out."""

    folders = None
    usable = True

    def __init__(self) -> None:
        super().__init__("")
        self.outcome: Outcome | None = None
        self.take: Any = lambda: self
        self.give_back: Any = lambda worker: None

    def folder_in(self, session: Session) -> Path:
        return session.opened().project

    def order(self, request: Request, token: str, log: Path, folder: Path) -> None:
        session = open_session(request)
        self.outcome = perform(request, session.store, session.run, session.opened(), folder)
        forget_modules(folder)

    def answer(self, proceed: Callable[[], bool]) -> Outcome | None:
        return self.outcome

    def end_leftovers(self, token: str) -> None:
        """Leave this process alone."""


@breaks("steps.they_run_apart_from_the_engine", "a step ran in the process that started the run")
class RunsHere(Sound):
    def supervise(self, row: Row, *arguments: Any) -> None:
        store = Store(row.spec.storage)
        if read_manifest(store, row.package).graph.order is Order.DATA:
            return super().supervise(row, *arguments)
        supervisor = Supervisor(self.index, row)
        supervisor.workers = Here()
        return supervisor.run()


@breaks(
    "steps.independent_ones_run_at_once",
    "the run (TimeoutError: the other side didn't come)",
    patience=20.0,
)
class RunsOneByOne(Sound):
    wrong = "one_at_a_time"


@breaks("steps.program_order_is_kept", "the steps as they ran: expected ['left', 'right'")
class RunsLateOnesFirst(Sound):
    wrong = "late_ones_first"
