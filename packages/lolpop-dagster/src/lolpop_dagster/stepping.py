"""One op: one attempt of a step, in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg

from lolpop.contract import Step
from lolpop.errors import EngineError, LolpopError
from lolpop.execution.child import CRASHED, FINAL, Child, error_of
from lolpop.execution.processes import VARIABLE
from lolpop.execution.request import SUCCEEDED, Request, command
from lolpop.storage.records import RunRecord
from lolpop_dagster.jobfile import JobFile
from lolpop_dagster.materializing import NOTE, is_shown, metadata_of
from lolpop_dagster.pinning import opened, refuse_other_steps
from lolpop_dagster.saying import Saying

PARAMETERS = "parameters"
_RESUMED = "dagster/is_resume_retry"


def compute(file: JobFile, step: Step) -> Callable[[Any, Any], Iterator[Any]]:
    """Give the function of a step's op."""

    def make(context: dg.OpExecutionContext, inputs: Any) -> Iterator[Any]:
        yield from _attempt(file, step, context)

    return unannotated(make)


def unannotated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take a function's annotations away: Dagster refuses those that it hasn't made itself."""
    function.__annotations__.clear()
    return function


def _attempt(file: JobFile, step: Step, context: dg.OpExecutionContext) -> Iterator[Any]:
    record = record_of(file, context)
    try:
        refuse_other_steps(file, record)
    except EngineError as error:
        raise dg.Failure(f"EngineError: {error.message}", allow_retries=False) from error
    with Saying(context.log.info) as saying:
        child = Child(
            _command(file, step, context, record),
            record.parameters,
            {key: value for key, value in os.environ.items() if key != VARIABLE},
            saying.say,
        )
        try:
            code = child.wait()
        except Exception as error:
            raise _crash(file, error, record) from error
        except BaseException as error:
            # Dagster would try again what it has interrupted itself.
            raise dg.Failure(
                f"StepStopped: {step.name} was stopped", allow_retries=False
            ) from error
    if code != SUCCEEDED:
        raise _failure(code, child.last, record)
    yield from _events(file, step, record)


def record_of(file: JobFile, context: dg.OpExecutionContext) -> RunRecord:
    """Open the record of a run, made now if there is none."""
    run = context.run
    resumed = run.tags.get(_RESUMED) == "true" or run.step_keys_to_execute
    given = getattr(context.resources, PARAMETERS) or {}
    return opened(file, run.run_id, given, run.parent_run_id if resumed else None)


def _command(
    file: JobFile, step: Step, context: dg.OpExecutionContext, record: RunRecord
) -> list[str]:
    request = Request(
        storage=file.spec.storage,
        package=record.package_digest,
        ref=record.ref,
        step=step.name,
        engine_attempt=context.retry_number,
        timeout=file.spec.settings(step.name).timeout,
        parent_run=record.start.parent_run_id,
    )
    return command(request, file.spec.interpreter)


def _crash(file: JobFile, error: Exception, record: RunRecord) -> dg.Failure:
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        reason = f"can't start {file.spec.interpreter!r}: {error.strerror or error}"
    return dg.Failure(f"{CRASHED}: {reason}", allow_retries=not record.stopping)


def _failure(code: int, last: str, record: RunRecord) -> dg.Failure:
    kind, message = error_of(code, last)
    return dg.Failure(
        f"{kind}: {message}",
        metadata={"exit code": code},
        allow_retries=code not in FINAL and not record.stopping,
    )


def _events(file: JobFile, step: Step, record: RunRecord) -> Iterator[Any]:
    metadata: Mapping[str, Any] = {}
    try:
        output = record.output(step.name)
        metadata = metadata_of(output) if output else {}
    except LolpopError as error:  # the step has succeeded: what is said of it doesn't undo that
        output, metadata = None, {NOTE: f"what it gave can't be read: {error.message}"}
    if output and is_shown(output, file.materialize_from):
        yield dg.AssetMaterialization(
            asset_key=[file.job, *step.name.split(".")],
            description=output.preview,
            metadata=metadata,
        )
    yield dg.Output(None, metadata=metadata)
