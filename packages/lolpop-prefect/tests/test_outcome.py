"""How a step command ended becomes the exception that Prefect shows."""

from __future__ import annotations

from lolpop_prefect.outcome import StepError, exception_of, plain


def test_the_last_line_names_the_error() -> None:
    error = exception_of(1, "ValueError: it is broken: é {{ x }}")
    assert (type(error).__name__, str(error)) == ("ValueError", "it is broken: é {{ x }}")
    assert isinstance(error, StepError)
    assert not isinstance(error, TimeoutError)


def test_a_time_out_is_one_for_prefect_too() -> None:
    error = exception_of(124, "StepTimeout: work.change took longer than 2 s")
    assert isinstance(error, TimeoutError)
    assert str(error) == "work.change took longer than 2 s"


def test_an_error_is_told_as_the_step_said_it() -> None:
    assert plain("Task run encountered an exception ValueError: x") == "ValueError: x"
    assert plain("Task run failed due to timeout: StepTimeout('x')").startswith("Task run failed")
    assert plain(None) == "it didn't succeed"
