"""Where runs stand: the engine's word, completed from the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from lolpop.contract import (
    Run,
    RunState,
    RunStatus,
    StepState,
    StepStatus,
)
from lolpop.deploying.choosing import LATEST, one_of
from lolpop.deploying.engine import Engine
from lolpop.deploying.standing import History
from lolpop.errors import EngineUnreachableError, LolpopError, NotFoundError, StorageError
from lolpop.storage.records import RunRecord, Runs


@dataclass(frozen=True, slots=True)
class Seen:
    """A run that was found, and who knows of it.

    Attributes:
        run: The run.
        record: Its record, or None if no step of it has started.
        note: Why records alone were asked, or None if the engine was.
    """

    run: Run
    record: RunRecord | None
    note: str | None = None


def find_run(used: Engine, name: str, named: str | None = None) -> Seen:
    """Find a run of a deployment.

    Where the engine is away, or doesn't know the deployment, the records alone are asked.

    Args:
        used: The orchestrator.
        name: The deployment's name.
        named: What `one_of` takes; the newest run by default.

    Raises:
        NotFoundError: There is none.
        UsageError: There are several.
    """
    try:
        used.deployment(name, take_over=True)
        runs: list[Run] = used.lifecycle.call("runs", deployment_name=name, active=False)
    except (EngineUnreachableError, NotFoundError) as error:
        return _recorded(used, name, named, error)
    if run := one_of(runs, named):
        return Seen(run, Runs(used.store).look(run.ref))
    if named not in (None, LATEST):
        missing = NotFoundError(f"deployment {name!r} has no run {named!r} on {used.name}")
        return _recorded(used, name, named, missing)
    raise NotFoundError(
        f"deployment {name!r} has no run yet", hint="`lolpop deployment run` starts one"
    )


def _recorded(used: Engine, name: str, named: str | None, error: LolpopError) -> Seen:
    records = [*reversed(Runs(used.store).all(deployment=name))]
    if record := one_of(records, named):
        note = f"from the records of {record.ref.orchestrator} alone: {error.message}"
        return Seen(History(used.store).status(record).run, record, note)
    raise error


def status(used: Engine, seen: Seen) -> RunStatus:
    """Say where a run stands: the engine's word for it, and its steps from the records."""
    record = Runs(used.store).look(seen.run.ref)
    if seen.note is not None and record is not None:
        return replace(History(used.store).status(record), message=seen.note)
    try:
        found: RunStatus = used.lifecycle.call("status", ref=seen.run.ref)
    except EngineUnreachableError as error:
        if record is None:
            raise
        note = f"from the records alone: {error.message}"
        return replace(History(used.store).status(record), message=note)
    ours = History(used.store).status(record).steps if record else ()
    judged = _judged(replace(found, steps=tuple(_merged(found, ours))), record)
    _note_end(judged, record)
    return replace(judged, message=judged.message or (record.damage if record else None))


def _note_end(found: RunStatus, record: RunRecord | None) -> None:
    """Record the engine's last word on a run, for when the engine is away or another one."""
    if record is not None and found.run.state.is_over and record.ended is None:
        with suppress(StorageError):  # who may only read the storage is told all the same
            record.end(found.run.state, error=found.error)


def _merged(found: RunStatus, ours: Sequence[StepStatus]) -> Iterator[StepStatus]:
    """Put what the engine says of each step beside what the records say, in program order."""
    theirs = {step.name: step for step in found.steps}
    for step in ours:
        if step.state is StepState.SKIPPED and not found.run.state.is_over:
            step = replace(step, state=StepState.PENDING)
        there = theirs.pop(step.name, None)
        yield step if there is None else _joined(there, step)
    yield from theirs.values()


def _joined(theirs: StepStatus, ours: StepStatus) -> StepStatus:
    """Believe the records once a step has started; that it is tried again the engine knows."""
    started = ours.state not in (StepState.PENDING, StepState.SKIPPED)
    retrying = theirs.state is StepState.RETRYING and ours.state is not StepState.RUNNING
    state = ours.state if started and not retrying else theirs.state
    return replace(theirs, state=state, attempts=ours.attempts)


def _judged(found: RunStatus, record: RunRecord | None) -> RunStatus:
    """Complete a status: a stopped run isn't failed, what never started was skipped."""
    run = found.run
    if run.state is RunState.FAILED and record and record.stopping:
        run = replace(run, state=RunState.CANCELLED)
    steps = found.steps
    if run.state.is_over:
        steps = tuple(
            replace(step, state=StepState.SKIPPED) if step.state is StepState.PENDING else step
            for step in steps
        )
    failed = next((s for s in steps if s.state in (StepState.FAILED, StepState.CRASHED)), None)
    error = failed.attempts[-1].error if failed and failed.attempts else found.error
    if run.state is not RunState.FAILED:
        return replace(found, run=run, steps=steps)
    name = failed.name if failed else found.failed_step
    return replace(found, run=run, steps=steps, failed_step=name, error=error)
