"""Mutants that fail otherwise than they should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from lolpop.contract import (
    DeploymentSpec,
    LogLine,
    RunRef,
    RunState,
    RunStatus,
    StepState,
    StepStatus,
)
from lolpop.storage.records import Runs
from mutants.engine import Sound
from mutants.honest import Honest, HonestHarness
from mutants.registry import breaks


@breaks("failure.the_right_step_fails", "its state: expected 'failed', got 'retrying'")
class WaitsForARetry(Sound):
    """Shows the one step that failed as one that is tried again."""

    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        record = Runs(self.store).find(ref)
        failed = [each for each in record.closings() if each.error] if record else []
        if found.failed_step is None or len(failed) > 1:
            return found
        return replace(found, steps=(StepStatus(name=found.failed_step, state=StepState.RETRYING),))


@breaks("failure.nothing_after_it_runs", "the step after it: expected 'skipped', got 'failed'")
class GoesOn(Sound):
    wrong = "go_on_after_a_failure"


@breaks("failure.its_log_has_the_traceback", "there is no traceback: changing fail")
class SaysLittle(Sound):
    wrong = "say_nothing_of_errors"


@breaks(
    "failure.the_engines_log_has_it_too",
    "the engine's log lacks 'Traceback (most recent call last)'",
    harness=HonestHarness,
)
class LogsNoErrors(Honest):
    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        return islice(super().logs(ref, step, follow), 1)


@breaks("failure.attempts_are_counted_from_zero", "expected [(0, 0)], got [(0, 1)]")
class CountsFromOne(Sound):
    wrong = "count_from_one"


@breaks("failure.retries_are_made", "how the engine counted on: expected [0, 1, 2], got [0, 0, 0]")
class CountsNothing(Sound):
    wrong = "count_nothing"


class Says(Sound):
    """Says something else of runs that are over."""

    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        state = self.state(found) if found.run.state.is_over else None
        return replace(found, run=replace(found.run, state=state or found.run.state))

    def state(self, found: RunStatus) -> RunState | None:
        """Give another state of a run, or None."""


@breaks("failure.a_retry_may_succeed", "the run (None): expected 'succeeded', got 'failed'")
class Remembers(Says):
    """Calls a run failed in which anything failed."""

    def state(self, found: RunStatus) -> RunState | None:
        record = Runs(self.store).find(found.run.ref)
        failed = any(each.error for each in record.closings()) if record else False
        return RunState.FAILED if failed else None


@breaks("failure.retries_wait_as_long_as_they_should", "the second attempt came after 0.")
class RetriesAtOnce(Sound):
    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        steps = {name: replace(each, retry_delay=0.0) for name, each in spec.steps.items()}
        return replace(spec, steps=steps)


@breaks(
    "failure.a_fatal_error_is_not_retried", "the attempts that ran: expected ['make', 'change']"
)
class RetriesFatalErrors(Sound):
    wrong = "retry_fatal_errors"


@breaks("failure.a_step_that_takes_too_long_is_ended", "the processes that are left: expected []")
class KillsTheProcessAlone(Sound):
    wrong = "kill_the_process_alone"


@breaks("failure.a_crash_without_a_word_is_a_failure", "expected 'failed', got 'cancelled'")
class TakesExitsForStops(Says):
    def state(self, found: RunStatus) -> RunState | None:
        return RunState.CANCELLED if "exit code" in (found.error or "") else None


@breaks("failure.a_killed_process_is_a_failure", "expected 'failed', got 'cancelled'")
class TakesKillsForStops(Says):
    def state(self, found: RunStatus) -> RunState | None:
        return RunState.CANCELLED if "SIGKILL" in (found.error or "") else None


@breaks("failure.a_crash_is_retried", "['make', 'change', 'change'], got ['make', 'change']")
class RetriesErrorsAlone(Sound):
    wrong = "retry_errors_alone"


@breaks(
    "failure.the_first_of_two_in_program_order_is_named",
    "the step that names the failure: expected 'work.left', got 'work.right'",
)
class FailsFast(Sound):
    wrong = "cut_short_beside_a_failure"


@breaks("failure.independent_steps_go_on", "the other side didn't go on: ")
class StopsAtAFailure(Sound):
    wrong = "nothing_beside_a_failure"


@breaks(
    "failure.a_rerun_goes_on_from_what_succeeded",
    "expected ['make', 'change', 'change', 'finish'], got ['make', 'change', 'make'",
    harness=HonestHarness,
)
class BeginsAgain(Honest):
    wrong = ""
