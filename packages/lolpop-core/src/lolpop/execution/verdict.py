"""What an attempt's end means: its state, its error, and the exit code for the engine."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from lolpop.contract import StepState
from lolpop.execution.request import FATAL, REFUSED, SUCCEEDED, TIMED_OUT
from lolpop.execution.work import Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ended, as the record and the engine are told.

    Attributes:
        state: The attempt's state.
        code: The exit code of the step command.
        error: `Type: message`, or None for success.
        child_code: The exit code of the process that did the work, negative for a signal;
            None if it still lived.
    """

    state: StepState
    code: int
    error: str | None
    child_code: int | None


def judge(
    step: str,
    outcome: Outcome | None,
    child_code: int | None,
    timed_out: float | None = None,
    stopped_by: int | None = None,
) -> Verdict:
    """Say how an attempt ended.

    Args:
        step: The step's name.
        outcome: What its process said at its end, or None if it said nothing.
        child_code: How its process ended, negative for a signal; None if it lives on.
        timed_out: The seconds that it was allowed, if it took longer.
        stopped_by: The signal that asked the step command to stop, if one did.
    """
    if outcome is not None and outcome.code == SUCCEEDED:
        return Verdict(StepState.SUCCEEDED, SUCCEEDED, None, child_code)
    if stopped_by is not None:
        name = signal.Signals(stopped_by).name
        return Verdict(
            StepState.CANCELLED, 128 + stopped_by, f"StepStopped: got {name}", child_code
        )
    if timed_out is not None:
        error = f"StepTimeout: {step} took longer than {timed_out:g} s"
        return Verdict(StepState.FAILED, TIMED_OUT, error, child_code)
    if outcome is not None:
        return Verdict(StepState.FAILED, outcome.code, outcome.error, child_code)
    return Verdict(
        StepState.CRASHED, _as_exit(child_code), _last_words(step, child_code), child_code
    )


def closing_lines(verdict: Verdict, outcome: Outcome | None) -> list[str]:
    """Give the last lines of an attempt's log: what its process raised, and how it ended."""
    raised = outcome.error if outcome else None
    return [line for line in dict.fromkeys((raised, verdict.error)) if line]


def _as_exit(code: int | None) -> int:
    """Give an exit code that an engine takes for a failure worth repeating."""
    if code is None or code in (SUCCEEDED, FATAL, REFUSED, TIMED_OUT):
        return 1  # those say something that a process which died didn't
    return code if code > 0 else 128 - code


def _last_words(step: str, code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        why = ": perhaps the machine ran out of memory" if name == "SIGKILL" else ""
        return f"StepCrashed: the process of {step} was ended by {name}{why}"
    return f"StepCrashed: the process of {step} ended with exit code {code}, without a word"
