"""Mutants that tell of runs and deployments what isn't so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lolpop.contract import (
    Deployment,
    LogLine,
    Removed,
    Run,
    RunRef,
    RunState,
    RunStatus,
    StatusSource,
)
from lolpop.contract.options import RemoveOptions, RunOptions, StopOptions
from mutants.engine import Sound
from mutants.honest import Honest, HonestHarness
from mutants.registry import breaks


@breaks("watch.status_and_logs_while_it_runs", "the run: expected 'running', got 'queued'")
class SeesNoStart(Sound):
    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        running = found.run.state is RunState.RUNNING
        state = RunState.QUEUED if running else found.run.state
        return replace(found, run=replace(found.run, state=state))


@breaks("watch.logs_are_complete_and_in_order", "expected ['making well', 'changing well', ")
class LosesLines(Sound):
    wrong = "lose_the_first_lines"


@breaks(
    "watch.the_engines_lines_are_given",
    "the lines of work.make lack 'making well': []",
    harness=HonestHarness,
)
class HasNoLines(Honest):
    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        return iter(())


@breaks("watch.a_run_that_is_not_there_is_not_found", "status must raise NotFoundError: None")
class KnowsEveryRun(Sound):
    def status(self, ref: RunRef) -> RunStatus:
        if self.index.run(ref.run_id) is None:
            return RunStatus(run=Run(ref=ref, state=RunState.UNKNOWN), source=StatusSource.ENGINE)
        return super().status(ref)


@breaks("watch.runs_are_listed", "the runs: expected [")
class ListsOldestFirst(Sound):
    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        return super().runs(deployment_name, active)[::-1]


@breaks("watch.deployments_are_listed", "its deployment_digest: expected ")
class ShortensDigests(Sound):
    def deployments(self) -> list[Deployment]:
        found = super().deployments()
        return [replace(each, deployment_digest=each.deployment_digest[:12]) for each in found]


@breaks("watch.removing_leaves_nothing", "the processes that are left: expected []")
class RemovesWhatRuns(Sound):
    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        for row in self.active(deployment_name):
            self.index.end(row.id, RunState.CANCELLED)
        self.index.remove(deployment_name)
        return Removed(deployment=deployment_name)


@breaks("watch.it_can_be_deployed_again", "a run after the second build: expected 'succeeded'")
class BuriesNames(Sound):
    def remove(self, deployment_name: str, options: RemoveOptions) -> Removed:
        self.store.write(f"graves/{deployment_name}", b"")
        return super().remove(deployment_name, options)

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        run = super().run(deployment_name, parameters, options)
        if self.store.exists(f"graves/{deployment_name}"):
            self.stop(deployment_name, run.ref.run_id, StopOptions())
        return run
