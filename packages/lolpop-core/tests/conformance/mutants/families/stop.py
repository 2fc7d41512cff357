"""Mutants that stop too little, too much, or something else."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any

from lolpop.contract import Run, RunState, Stopped
from lolpop.contract.options import RunOptions, StopOptions
from lolpop.errors import EngineError, NotFoundError
from lolpop.execution.processes import beneath, end
from lolpop.local.driving import record_of
from lolpop.local.rows import Row
from mutants.engine import Sound
from mutants.honest import Honest, HonestHarness
from mutants.registry import breaks


@breaks("stop.the_run_and_its_processes_are_gone", "the processes that are left: expected []")
class KillsWhatDrives(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        rows = [] if run_id else self.active(deployment_name)
        if not rows:
            return super().stop(deployment_name, run_id, options)
        for row in rows:
            os.kill(row.pid or 0, signal.SIGKILL)
            self.index.end(row.id, RunState.CANCELLED)
        return Stopped(deployment=deployment_name, ended=tuple(row.ref for row in rows))


@breaks("stop.a_stopped_step_is_not_retried", "the attempts: expected 1, got 2", settling=20.0)
class KillsTheAttempt(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        row = self.row(run_id, deployment_name) if run_id else None
        if row is None or not row.spec.steps:
            return super().stop(deployment_name, run_id, options)
        end(beneath(row.pid or 0), grace=1.0)
        return Stopped(deployment=deployment_name, ended=(row.ref,))


@breaks("stop.one_of_two_runs", "the runs it names: expected")
class StopsTheNewest(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        active = self.active(deployment_name)
        if run_id and active and self.row(run_id, deployment_name):
            run_id = active[0].id
        return super().stop(deployment_name, run_id, options)


@breaks("stop.before_it_has_started", "the run must be over")
class StopsWhatHasBegun(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        row = self.row(run_id, deployment_name) if run_id else None
        if row is None or row.state.is_over or record_of(self.store, row).closings():
            return super().stop(deployment_name, run_id, options)
        return Stopped(deployment=deployment_name)


@breaks("stop.twice_and_when_all_is_over", "what stopping a finished run names: expected []")
class StopsWhatIsOver(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        row = self.row(run_id, deployment_name) if run_id else None
        if row is None or not row.state.is_over:
            return super().stop(deployment_name, run_id, options)
        return Stopped(deployment=deployment_name, ended=(row.ref,))


@breaks("stop.an_unknown_run_is_not_found", "NotFoundError is expected, not EngineError('404')")
class ShowsTheStatus(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        try:
            return super().stop(deployment_name, run_id, options)
        except NotFoundError:
            raise EngineError("404") from None


@breaks("stop.runs_can_be_started_afterwards", "a run after the stop: expected 'succeeded'")
class Pauses(Sound):
    """Stops by pausing the deployment: what is started in there doesn't run."""

    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        stopped = super().stop(deployment_name, run_id, options)
        if stopped.ended and run_id is None:
            self.store.write(f"paused/{deployment_name}", b"")
        return stopped

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        run = super().run(deployment_name, parameters, options)
        if self.store.exists(f"paused/{deployment_name}"):
            super().stop(deployment_name, run.ref.run_id, StopOptions())
        return run


@breaks("stop.the_schedule_is_suspended", "the schedule after stop: expected 'suspended'")
class LetsItFire(Sound):
    def stop(self, deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
        stopped = super().stop(deployment_name, run_id, options)
        if stopped.schedule_suspended:
            entry = self.entry(deployment_name)
            self.index.put(entry.spec, entry.package)
        return stopped


@breaks(
    "stop.a_run_started_in_the_engines_own_way",
    "the runs it names: expected",
    harness=HonestHarness,
)
class KnowsItsOwnRuns(Honest):
    def active(self, deployment_name: str) -> list[Row]:
        return [row for row in super().active(deployment_name) if not row.id.startswith("own-")]
