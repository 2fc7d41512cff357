"""A run: its name, its state, its steps, what it prints and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class RunState(Enum):
    """Where a run stands, in words common to all engines."""

    QUEUED = "queued"
    """It has been asked for, and no step has started."""

    RUNNING = "running"
    """It has started and isn't over."""

    STOPPING = "stopping"
    """It has been asked to stop and isn't over."""

    SUCCEEDED = "succeeded"
    """Every step succeeded."""

    FAILED = "failed"
    """A step failed in its last attempt."""

    CANCELLED = "cancelled"
    """It was stopped, or skipped because too many runs were active."""

    CRASHED = "crashed"
    """What drove it died, so that it ended without a step's failure."""

    UNKNOWN = "unknown"
    """The engine says a word that the plugin doesn't know; `engine_state` has it."""

    @property
    def is_over(self) -> bool:
        """Whether the state is terminal."""
        return self in (
            RunState.SUCCEEDED,
            RunState.FAILED,
            RunState.CANCELLED,
            RunState.CRASHED,
        )


class StepState(Enum):
    """Where a step or one attempt of it stands."""

    PENDING = "pending"
    """It has not started; only steps."""

    RUNNING = "running"
    """An attempt runs."""

    RETRYING = "retrying"
    """An attempt failed and another one will follow; only steps."""

    SUCCEEDED = "succeeded"
    """The output is stored."""

    FAILED = "failed"
    """It ended with an exception or a time-out."""

    CRASHED = "crashed"
    """Its process ended without a word."""

    CANCELLED = "cancelled"
    """It was stopped."""

    SKIPPED = "skipped"
    """It never started, because a step before it didn't succeed; only steps."""

    @property
    def is_over(self) -> bool:
        """Whether the state is terminal."""
        return self not in (StepState.PENDING, StepState.RUNNING, StepState.RETRYING)


class StatusSource(Enum):
    """Who says so."""

    ENGINE = "engine"
    """The engine was asked."""

    RECORDS = "records"
    """The engine is away or no longer named: the step records alone."""


class LogStream(Enum):
    """Where a line of a log comes from."""

    STDOUT = "stdout"
    """The step's standard output."""

    STDERR = "stderr"
    """The step's standard error."""

    ENGINE = "engine"
    """The engine itself, or its log where it doesn't keep the two apart."""


@dataclass(frozen=True, slots=True)
class RunRef:
    """The full name of a run; engines may make the same run id twice.

    Attributes:
        orchestrator: The orchestrator's name in the YAML.
        deployment: The deployment's name.
        run_id: The id that the engine made, exactly as the engine writes it.
    """

    orchestrator: str
    deployment: str
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the engine knows it.

    Attributes:
        ref: Its full name.
        state: Where it stands.
        engine_state: The engine's own word for that, or None if it has none.
        parent_run_id: The run whose failed steps it repeats, in an engine that gives such a
            run an id of its own; what had succeeded stands in the parent's records. None
            for any other run.
        url: Its page in the engine, or None if the engine has no pages.
        created_at: When it was asked for, or None if the engine doesn't say.
        started_at: When its first step or the engine began with it, or None before that.
        ended_at: When it was over, or None before that.
    """

    ref: RunRef
    state: RunState
    engine_state: str | None = None
    parent_run_id: str | None = None
    url: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStatus:
    """One attempt of a step. The core fills it from the step's record.

    Attributes:
        attempt: The number in the records, from 0.
        engine_attempt: The engine's own count of it, brought to start at 0, or None if the
            attempt wasn't started by an engine.
        state: Where it stands; never pending, retrying or skipped.
        error: The last line of what went wrong, as 'Type: message', or None.
        exit_code: The process's exit code, negative for the signal that ended it, or None
            while it runs or if nobody saw it end.
        host: The machine that it ran on, or None if that isn't known.
        pid: Its process id there, or None if that isn't known.
        started_at: When its process started.
        ended_at: When it was over, or None before that.
        inputs: The digests of the artifacts that it read, by the step that made each, with
            the keys of an element behind (`load.split[0]`); empty before it is over.
    """

    attempt: int
    engine_attempt: int | None = None
    state: StepState
    error: str | None = None
    exit_code: int | None = None
    host: str | None = None
    pid: int | None = None
    started_at: datetime
    ended_at: datetime | None = None
    inputs: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStatus:
    """One step of a run.

    Attributes:
        name: The step's name in the graph, mapped back from the engine's alphabet.
        state: Where it stands.
        engine_state: The engine's own word for that, or None if it has none.
        engine_id: The engine's own id of it, or None while it has none.
        url: Its page in the engine, or None if there is none.
        attempts: Its attempts, oldest first. Plugins leave it empty: the core fills it
            from records.
    """

    name: str
    state: StepState
    engine_state: str | None = None
    engine_id: str | None = None
    url: str | None = None
    attempts: tuple[AttemptStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run and its steps at one moment.

    Attributes:
        run: The run and its state.
        source: Whether the engine said so, or records alone.
        steps: The steps in program order, as far as they are known.
        message: Why the run stands where it stands, such as that nothing takes it from the
            queue, and what to do; None if the state says it all.
        failed_step: The first step in program order that failed, or None.
        error: That step's error as 'Type: message', or None.
    """

    run: Run
    source: StatusSource
    steps: tuple[StepStatus, ...] = ()
    message: str | None = None
    failed_step: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line that a run printed.

    Attributes:
        text: The line, without its end.
        time: When it was printed, or None if the engine doesn't say.
        step: The step that printed it, or None if the engine itself did.
        attempt: The engine's count of that step's attempt, brought to start at 0, or None
            if it isn't known.
        stream: Where it comes from.
    """

    text: str
    time: datetime | None = None
    step: str | None = None
    attempt: int | None = None
    stream: LogStream = LogStream.ENGINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What `stop` ended. It is true exactly if nothing is left.

    Attributes:
        deployment: The deployment's name.
        ended: The runs that were active and are now over, their processes gone.
        left: What still ran when the time was up, one phrase each, with run id, host and
            process id where known; empty when all is gone.
        schedule_suspended: Whether the deployment had a schedule that is now suspended.
    """

    deployment: str
    ended: tuple[RunRef, ...] = ()
    left: tuple[str, ...] = ()
    schedule_suspended: bool = False

    def __bool__(self) -> bool:
        return not self.left
