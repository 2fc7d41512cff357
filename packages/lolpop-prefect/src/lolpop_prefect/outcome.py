"""How a step command ended, as an exception that Prefect shows."""

from __future__ import annotations

from lolpop.execution.child import error_of
from lolpop.execution.request import TIMED_OUT

_PREFIX = "Task run encountered an exception "


class StepError(Exception):
    """A step failed; the class of each is called like the error that the step ended with."""


def exception_of(code: int, last: str) -> StepError:
    """Make the exception that the end of a step command stands for, as `error_of` tells it."""
    kind, message = error_of(code, last)
    # Prefect calls what is a TimeoutError timed out.
    bases = (StepError, TimeoutError) if code == TIMED_OUT else (StepError,)
    made: StepError = type(kind, bases, {})(message)
    return made


def plain(message: str | None) -> str:
    """Give an error as the step said it: Prefect puts words of its own before it."""
    return (message or "it didn't succeed").removeprefix(_PREFIX)
