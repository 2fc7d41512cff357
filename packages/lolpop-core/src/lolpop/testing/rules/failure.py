"""Failure: the same one everywhere, where people look for it."""

from __future__ import annotations

from typing import Any

from lolpop.contract import Capability, StepStatus
from lolpop.testing.bench import Bench
from lolpop.testing.project import Finished, Project
from lolpop.testing.rule import expect, expect_equal, rule

ORDER = 7
ERROR = "ValueError: it is broken: é {{ x }}"


def _step(finished: Finished, name: str) -> StepStatus:
    found = next((step for step in finished.status.steps if step.name == name), None)
    expect(found is not None, f"the status doesn't know step {name!r}")
    assert found
    return found


def _retried(bench: Bench, **settings: Any) -> Project:
    project = bench.project(steps={"work.change": settings})
    project.build()
    return project


@rule(shared=True)
def the_right_step_fails(bench: Bench) -> None:
    """Name the step that failed, and its error as it was raised."""
    finished = bench.finished(how="fail")
    expect_equal(finished.run.state.value, "failed", "the run")
    expect_equal(finished.status.failed_step, "work.change", "the step that failed")
    expect_equal(finished.status.error, ERROR, "the error")
    expect_equal(_step(finished, "work.change").state.value, "failed", "its state")


@rule(shared=True)
def nothing_after_it_runs(bench: Bench) -> None:
    """Start no step that needs a failed one."""
    finished = bench.finished(how="fail")
    expect_equal(finished.steps, ["make", "change"], "the steps that ran")
    expect_equal(_step(finished, "work.finish").state.value, "skipped", "the step after it")


@rule(shared=True)
def its_log_has_the_traceback(bench: Bench) -> None:
    """Keep what a step printed, its traceback, and its error as the last line."""
    finished = bench.finished(how="fail")
    lines = finished.project.log(finished.run, "work.change")
    said = "\n".join(lines)
    expect("changing fail" in said, f"what it printed before is lost: {said}")
    expect("Traceback (most recent call last):" in said, f"there is no traceback: {said}")
    expect("do_fail" in said, f"the traceback doesn't show the workflow's own code: {said}")
    expect(lines and lines[-1] == ERROR, f"the last line must be the error: {said}")


@rule(Capability.ENGINE_LOGS, shared=True)
def the_engines_log_has_it_too(bench: Bench) -> None:
    """Show output, traceback and error in the engine's own log, where its users look."""
    finished = bench.finished(how="fail")

    def lacking() -> list[str]:
        said = bench.harness.log(finished.run.ref, "work.change")
        wanted = ("changing fail", "Traceback (most recent call last)", "it is broken")
        return [f"{each!r}: {said[-2000:]}" for each in wanted if each not in said]

    finished.project.settle(lambda: not lacking())  # engines take lines in batches
    left = lacking()
    expect(not left, f"the engine's log lacks {left[0] if left else ''}")


@rule(shared=True)
def attempts_are_counted_from_zero(bench: Bench) -> None:
    """Count the first attempt as 0 on every engine, whatever the engine counts from."""
    finished = bench.finished(how="fail")
    attempts = _step(finished, "work.change").attempts
    counted = [(each.attempt, each.engine_attempt) for each in attempts]
    expect_equal(counted, [(0, 0)], "the attempts of a step that isn't retried")


def _failed_thrice(bench: Bench) -> Finished:
    return _retried(bench, retries=2, retry_delay="2s").finish(how="fail")


@rule(Capability.RETRIES, shared=True)
def retries_are_made(bench: Bench) -> None:
    """Try again as often as the configuration says, each attempt counted by the engine."""
    finished = bench.once(_failed_thrice)
    expect_equal(finished.run.state.value, "failed", "the run")
    expect_equal(finished.steps, ["make", *["change"] * 3], "the attempts that ran")
    attempts = _step(finished, "work.change").attempts
    counts = [each.engine_attempt or 0 for each in attempts]
    expect_equal([each - counts[0] for each in counts], [0, 1, 2], "how the engine counted on")
    expect_equal([each.error for each in attempts], [ERROR] * 3, "their errors")


@rule(Capability.RETRIES)
def a_retry_may_succeed(bench: Bench) -> None:
    """Go on as if nothing had been when a later attempt succeeds."""
    project = _retried(bench, retries=1)
    finished = project.finish(how="recover")
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    expect_equal(finished.steps, ["make", "change", "change", "finish"], "the steps that ran")
    states = [each.state.value for each in _step(finished, "work.change").attempts]
    expect_equal(states, ["failed", "succeeded"], "the states of the attempts")


@rule(Capability.RETRIES, shared=True)
def retries_wait_as_long_as_they_should(bench: Bench) -> None:
    """Wait the configured delay between two attempts."""
    finished = bench.once(_failed_thrice)
    first, second, *_ = (line["time"] for line in finished.seen if line["step"] == "change")
    expect(second - first >= 1.9, f"the second attempt came after {second - first:.1f} s, not 2 s")


@rule()
def a_fatal_error_is_not_retried(bench: Bench) -> None:
    """End a step that raised `Fatal` at once, whatever its retries."""
    retries = {"retries": 2} if bench.declares(Capability.RETRIES) else {"timeout": "1h"}
    project = _retried(bench, **retries)
    finished = project.finish(how="fatal")
    expect_equal(finished.run.state.value, "failed", "the run")
    expect_equal(finished.status.error, "Fatal: never again", "the error")
    expect_equal(finished.steps, ["make", "change"], "the attempts that ran")


@rule()
def a_step_that_takes_too_long_is_ended(bench: Bench) -> None:
    """End a step at its time-out, with everything that it started."""
    project = _retried(bench, timeout="2s")
    finished = project.finish(how="sleep")
    expect_equal(finished.run.state.value, "failed", "the run")
    error = finished.status.error or ""
    expect(error.startswith("StepTimeout: "), f"the error must be a StepTimeout: {error}")
    expect_equal(project.living(), [], "the processes that are left")


@rule(shared=True)
def a_crash_without_a_word_is_a_failure(bench: Bench) -> None:
    """Take a process that ends without a word for a failed attempt, and say how it ended."""
    finished = bench.finished(how="exit")
    expect_equal(finished.run.state.value, "failed", "the run")
    expect_equal(finished.status.failed_step, "work.change", "the step that failed")
    error = finished.status.error or ""
    expect("exit code 3" in error, f"the error must give the exit code: {error}")
    said = "\n".join(finished.project.log(finished.run, "work.change"))
    expect("last words" in said, f"what it printed before is lost: {said}")


@rule(shared=True)
def a_killed_process_is_a_failure(bench: Bench) -> None:
    """Say which signal ended a step: out of memory looks like nothing otherwise."""
    finished = bench.finished(how="kill")
    expect_equal(finished.run.state.value, "failed", "the run")
    error = finished.status.error or ""
    expect("SIGKILL" in error, f"the error must name the signal: {error}")
    expect_equal(finished.steps, ["make", "change"], "the steps that ran")


@rule(Capability.RETRIES)
def a_crash_is_retried(bench: Bench) -> None:
    """Try again after a crash as after an error."""
    project = _retried(bench, retries=1)
    finished = project.finish(how="kill")
    expect_equal(finished.steps, ["make", "change", "change"], "the attempts that ran")


@rule(Capability.PARALLEL_STEPS)
def the_first_of_two_in_program_order_is_named(bench: Bench) -> None:
    """Let running and independent steps end, and name the first failure in program order."""
    project = bench.project("branches", order="data")
    project.build()
    both = project.finish(how="fail_both")
    expect_equal(both.status.failed_step, "work.left", "the step that names the failure")
    expect_equal(both.status.error, "ValueError: left is broken", "its error")
    expect("join" not in both.steps, "a step ran that needs failed ones")


@rule(Capability.PARALLEL_STEPS)
def independent_steps_go_on(bench: Bench) -> None:
    """Go on beside a failed step with what doesn't need it."""
    project = bench.project("branches", order="data")
    project.build()
    finished = project.finish(how="fail_left")
    expect_equal(finished.run.state.value, "failed", "the run")
    expect("onward" in finished.steps, f"the other side didn't go on: {finished.steps}")
    expect("join" not in finished.steps, "a step ran that needs the failed one")


@rule(Capability.ENGINE_RERUNS)
def a_rerun_goes_on_from_what_succeeded(bench: Bench) -> None:
    """Run again only what failed when the engine's own button is pressed; lose no record."""
    project = bench.project()
    project.build()
    finished = project.finish(how="recover")
    expect_equal(finished.run.state.value, "failed", "the first time")
    run_id = bench.harness.rerun_failed(finished.run.ref)
    again = project.wait_anew(finished.run, run_id)
    expect_equal(again.run.state.value, "succeeded", "the second time")
    expect_equal(again.steps, ["make", "change", "change", "finish"], "the steps that ran")
    first = finished.record.attempts("work.change")[0].status()
    expect_equal(first.error, "OSError: not yet", "the record of the first attempt")
