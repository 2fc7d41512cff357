"""How a step command ended becomes the exception that Prefect shows."""

from __future__ import annotations

import pytest

from lolpop_prefect.outcome import StepError, error_of, plain


@pytest.mark.parametrize(
    ("code", "last", "kind", "message"),
    [
        (1, "ValueError: it is broken: é {{ x }}", "ValueError", "it is broken: é {{ x }}"),
        (64, "Fatal: never again", "Fatal", "never again"),
        (1, "KeyError", "KeyError", ""),
        (1, "some words: and more", "StepCrashed", "the step command ended with exit code 1"),
        (1, "", "StepCrashed", "the step command ended with exit code 1"),
        (-9, "ValueError: x", "StepCrashed", "the step command ended with exit code -9"),
    ],
)
def test_the_last_line_names_the_error(code: int, last: str, kind: str, message: str) -> None:
    error = error_of(code, last)
    assert (type(error).__name__, str(error)) == (kind, message)
    assert isinstance(error, StepError)
    assert not isinstance(error, TimeoutError)


def test_a_time_out_is_one_for_prefect_too() -> None:
    error = error_of(124, "StepTimeout: work.change took longer than 2 s")
    assert isinstance(error, TimeoutError)
    assert str(error) == "work.change took longer than 2 s"


def test_an_error_is_told_as_the_step_said_it() -> None:
    assert plain("Task run encountered an exception ValueError: x") == "ValueError: x"
    assert plain("Task run failed due to timeout: StepTimeout('x')").startswith("Task run failed")
    assert plain(None) == "it didn't succeed"
