"""Where a run stands, as far as its records tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from lolpop.contract import (
    Run,
    RunState,
    RunStatus,
    StatusSource,
    StepGraph,
    StepState,
    StepStatus,
)
from lolpop.errors import ContractError, NotFoundError, PackageError
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop.storage.attempts import LEASE, now
from lolpop.storage.records import RunRecord, Runs

_SKEW = 3600.0
"""Seconds by which the clocks of hosts may differ; a later time is no sign of life."""

_BAD = (StepState.FAILED, StepState.CRASHED)


@lru_cache(maxsize=32)
def graph_of(storage: str, digest: str) -> StepGraph:
    """Give the steps of a stored package; who watches a run asks again and again.

    Raises:
        NotFoundError: There is no such package.
        PackageError: It can't be read.
    """
    return read_manifest(Store(storage), digest).graph


class History:
    """The runs of a storage, and the graphs of their packages.

    Args:
        store: The storage.

    Attributes:
        runs: The records of its runs.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runs = Runs(store)

    def graph(self, record: RunRecord) -> StepGraph | None:
        """Give the steps of a run's package, or None if that is gone."""
        try:
            return graph_of(self.store.url, record.package_digest)
        except (NotFoundError, PackageError, ContractError):
            return None

    def status(self, record: RunRecord) -> RunStatus:
        """Say where a run and its steps stand, without asking an engine."""
        graph = self.graph(record)
        made = {step.name: step for step in record.steps()}
        earlier = self._earlier(record, graph, made)
        state, ended_at, message = _verdict(record, graph, {**earlier, **made})
        idle = StepState.SKIPPED if state.is_over else StepState.PENDING
        listed = {
            step.name: StepStatus(name=step.name, state=idle)
            for step in (graph.steps if graph else ())
        }
        steps = tuple({**listed, **earlier, **made}.values())
        return _status(record, state, ended_at, steps, message)

    def summary(self, record: RunRecord) -> RunStatus:
        """Say where a run stands; its steps only if it has no recorded end."""
        ended = record.ended
        if ended is None:
            return self.status(record)
        return _status(record, ended.state, ended.at, (), None)

    def _earlier(
        self, record: RunRecord, graph: StepGraph | None, made: Mapping[str, StepStatus]
    ) -> dict[str, StepStatus]:
        """Give the steps that a rerun takes from the run that it repeats."""
        if record.parent_ref is None or graph is None:
            return {}
        names = [step.name for step in graph.steps if step.name not in made]
        return {
            name: StepStatus(name=name, state=StepState.SUCCEEDED)
            for name in names
            if record.output(name)
        }


def _verdict(
    record: RunRecord, graph: StepGraph | None, steps: Mapping[str, StepStatus]
) -> tuple[RunState, datetime | None, str | None]:
    if damage := record.end_damage:
        return RunState.UNKNOWN, None, damage
    last = max([record.created_at, *_signs(steps.values())])
    if (ended := record.ended) and not _began_after(ended.at, steps.values()):
        return ended.state, ended.at, None
    if graph and all(_succeeded(steps.get(step.name)) for step in graph.steps):
        return RunState.SUCCEEDED, last, None
    goes_on = any(step.state is StepState.RUNNING for step in steps.values())
    # Between two steps nobody holds a lease.
    if goes_on or -_SKEW <= (now() - last).total_seconds() <= LEASE:
        started = RunState.RUNNING if steps else RunState.QUEUED
        return (RunState.STOPPING if record.stopping else started), None, None
    if record.stopping:
        return RunState.CANCELLED, last, None
    return RunState.UNKNOWN, None, _silence(record, last)


def _signs(steps: Iterable[StepStatus]) -> Iterator[datetime]:
    for step in steps:
        for attempt in step.attempts:
            yield attempt.ended_at or attempt.started_at


def _began_after(end: datetime, steps: Iterable[StepStatus]) -> bool:
    """Whether the engine ran the run again after its recorded end."""
    return any(attempt.started_at > end for step in steps for attempt in step.attempts)


def _succeeded(step: StepStatus | None) -> bool:
    return step is not None and step.state is StepState.SUCCEEDED


def _silence(record: RunRecord, last: datetime) -> str:
    ref, since = record.ref, last.astimezone(UTC)
    return (
        f"no sign of life since {since:%Y-%m-%d %H:%M:%S} UTC, and no end is recorded;"
        f" `lolpop deployment status {ref.deployment} --run {ref.run_id}` asks {ref.orchestrator}"
    )


def _status(
    record: RunRecord,
    state: RunState,
    ended_at: datetime | None,
    steps: tuple[StepStatus, ...],
    message: str | None,
) -> RunStatus:
    failed = next((step for step in steps if step.state in _BAD), None)
    if state is RunState.SUCCEEDED:
        failed = None
    error = failed.attempts[-1].error if failed else None
    run = Run(
        ref=record.ref,
        state=state,
        parent_run_id=record.start.parent_run_id,
        created_at=record.created_at,
        started_at=min((a.started_at for step in steps for a in step.attempts), default=None),
        ended_at=ended_at,
    )
    return RunStatus(
        run=run,
        source=StatusSource.RECORDS,
        steps=steps,
        message=message,
        failed_step=failed.name if failed else None,
        error=error or (record.ended.error if record.ended else None),
    )
