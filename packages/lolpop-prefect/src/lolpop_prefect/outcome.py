"""How a step command ended, as an exception that Prefect shows."""

from __future__ import annotations

from lolpop.execution.request import FATAL, REFUSED, TIMED_OUT

FINAL = (FATAL, REFUSED)
"""The exit codes after which a step isn't tried again."""

_PREFIX = "Task run encountered an exception "


class StepError(Exception):
    """A step failed; the class of each is called like the error that the step ended with."""


def error_of(code: int, last: str) -> StepError:
    """Make the exception that the end of a step command stands for.

    Args:
        code: The exit code, negative for the signal that ended the step command.
        last: The last line that it printed: `Type: message`, if it had the time to say so.
    """
    kind, _, message = last.partition(": ")
    if code < 0 or not kind.isidentifier():
        kind, message = "StepCrashed", f"the step command ended with exit code {code}"
    # Prefect calls what is a TimeoutError timed out.
    bases = (StepError, TimeoutError) if code == TIMED_OUT else (StepError,)
    made: StepError = type(kind, bases, {})(message)
    return made


def plain(message: str | None) -> str:
    """Give an error as the step said it: Prefect puts words of its own before it."""
    return (message or "it didn't succeed").removeprefix(_PREFIX)
