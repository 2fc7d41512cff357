"""The executors of jobs, by the names that the config gives them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import dagster as dg

from lolpop.contract import Order
from lolpop.errors import ContractError

if TYPE_CHECKING:
    from lolpop_dagster.jobfile import JobFile

_WARM = {
    "max_concurrent": max(2, os.cpu_count() or 1),
    "start_method": {"forkserver": {"preload_modules": ["lolpop_dagster.stepping"]}},
}
"""Processes of which each has what it needs imported; without that an op takes seconds."""


def executor_of(file: JobFile) -> dg.ExecutorDefinition:
    """Give a deployment's executor.

    Raises:
        ContractError: There is none of its name, or its config isn't one.
    """
    named = file.executor or ("multiprocess" if file.graph.order is Order.DATA else "in_process")
    try:
        return _configured(_found(named), named, dict(file.executor_config))
    except (ImportError, AttributeError, TypeError, dg.DagsterError) as error:
        raise ContractError(f"executor {named!r} can't be used: {error}") from error


def _found(named: str) -> dg.ExecutorDefinition:
    if named == "in_process":
        return dg.in_process_executor
    if named == "multiprocess":
        return dg.multiprocess_executor
    module, _, attribute = named.partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, dg.ExecutorDefinition):
        raise TypeError(f"it is a {type(found).__name__}, not an ExecutorDefinition")
    return found


def _configured(
    executor: dg.ExecutorDefinition, named: str, config: dict[str, Any]
) -> dg.ExecutorDefinition:
    if named == "multiprocess":
        made = executor.configured({**_WARM, **config})
    else:
        made = executor.configured(config) if config else executor
    if config:
        # Dagster itself looks at it only when a run starts.
        dg.validate_run_config(dg.GraphDefinition(name="executor").to_job(executor_def=made))
    return made
