"""Tasks beneath a step's task: the run's context, handed over to the step's own process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONTEXT = "LOLPOP_PREFECT_CONTEXT"
_QUIET = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR"}
"""What the step's process tells Prefect itself mustn't come a second time, as its output."""


def within_step() -> bool:
    """Whether this process makes a step whose calls show as tasks."""
    return CONTEXT in os.environ


@contextmanager
def handed_over() -> Iterator[None]:
    """Enter the flow run and the task run that this process makes a step of."""
    from pickle import loads

    from prefect.context import hydrated_context

    context: dict[str, Any] = loads(Path(os.environ[CONTEXT]).read_bytes())
    with hydrated_context(context):
        yield


def hand_over(folder: Path) -> dict[str, str]:
    """Write down the context of the task that this is called in.

    Args:
        folder: A folder that nobody else can read.

    Returns:
        The variables that the step command gets.
    """
    from cloudpickle import dumps  # type: ignore[import-untyped]
    from prefect.context import serialize_context

    found = serialize_context()
    # The step's process needs neither the walk nor the key of the API, which it inherits.
    del found["settings_context"]
    found["flow_run_context"] |= {"flow": _flow(), "parameters": {}}
    found["task_run_context"] |= {"task": _task(), "parameters": {}}
    context = folder / "context.pickle"
    context.write_bytes(dumps(found))
    return {CONTEXT: str(context), **_QUIET}


def _flow() -> Any:
    from prefect import Flow

    return Flow(stand_in, name="lolpop", persist_result=False)


def _task() -> Any:
    from prefect import Task

    return Task(fn=stand_in, name="lolpop", persist_result=False)


def stand_in() -> None:
    """Stand for the flow and the task, which don't run in the step's process."""
