"""What the index holds: deployments, runs and their ends, as values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lolpop.contract import DeploymentSpec, RunRef, RunState, from_json
from lolpop.errors import ContractError

NAME = "LocalOrchestrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A deployment as the index has it.

    Attributes:
        spec: What was asked for.
        package: The digest of the package that its next run uses.
        digest: The deployment digest.
        suspended: Whether its schedule is suspended since a stop.
        updated_at: When it was last put there.
        damage: Why the others of these say nothing, or None if they hold.
    """

    spec: DeploymentSpec
    package: str
    digest: str
    suspended: bool
    updated_at: datetime
    damage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A run as the index has it.

    Attributes:
        number: Its place among all runs, in the order of asking.
        id: Its id.
        deployment: The deployment's name.
        package: The digest of the package that it uses to its end.
        spec: The deployment's when the run was asked for.
        given: The parameters given for the run.
        state: Where it stands.
        created_at: When it was asked for.
        started_at: When it got its turn, or None before that.
        ended_at: When it was over, or None before that.
        failed_step: The first step in program order that failed, or None.
        error: That step's error, or why no step is to blame, as 'Type: message'; or None.
        pid: The process that drives it, or None before that has said so.
        damage: Why most of these say nothing, or None if they hold.
    """

    number: int
    id: str
    deployment: str
    package: str
    spec: DeploymentSpec
    given: Mapping[str, Any]
    state: RunState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    failed_step: str | None
    error: str | None
    pid: int | None
    damage: str | None = None

    @property
    def ref(self) -> RunRef:
        """The run's full name."""
        return RunRef(NAME, self.deployment, self.id)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The run's parameters: the deployment's, overlaid by those given for the run."""
        return {**self.spec.parameters, **self.given}


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: its state, the step that is to blame if one is, and the error."""

    state: RunState
    step: str | None = None
    error: str | None = None

    @property
    def words(self) -> str | None:
        """The step and its error in one line."""
        return f"{self.step}: {self.error}" if self.step else self.error


def entry_of(row: sqlite3.Row) -> Entry:
    """Read a deployment; what of it can't be read is said by its `damage`."""
    try:
        entry = from_json(Entry, {**dict(row), **_read(row), "suspended": bool(row["suspended"])})
        return _named(entry, row["name"])
    except _DAMAGES as error:
        spec = _stand_in(str(row["name"]))
        return Entry(
            spec=spec,
            package=str(row["package"]),
            digest=str(row["digest"]),
            suspended=False,
            updated_at=_NEVER,
            damage=_DAMAGED.format(error=error),
        )


def row_of(row: sqlite3.Row) -> Row:
    """Read a run; what of it can't be read is said by its `damage`."""
    try:
        return from_json(Row, {**dict(row), **_read(row), "given": json.loads(row["parameters"])})
    except _DAMAGES as error:
        return Row(
            number=row["number"],
            id=str(row["id"]),
            deployment=str(row["deployment"]),
            package=str(row["package"]),
            spec=_stand_in(str(row["deployment"])),
            given={},
            state=_state(row["state"]),
            created_at=_NEVER,
            started_at=None,
            ended_at=None,
            failed_step=None,
            error=None,
            pid=row["pid"] if type(row["pid"]) is int else None,
            damage=_DAMAGED.format(error=error),
        )


_DAMAGES = (ContractError, ValueError, TypeError, RecursionError)
_DAMAGED = "its row in the index is damaged: {error}"
_NEVER = datetime.fromtimestamp(0, UTC)


def _read(row: sqlite3.Row) -> dict[str, Any]:
    return {"spec": json.loads(row["spec"])}


def _named(entry: Entry, name: object) -> Entry:
    if entry.spec.name != name:
        raise ValueError(f"it is of {entry.spec.name!r}")
    return entry


def _stand_in(name: str) -> DeploymentSpec:
    """Stand in for what a deployment was asked to be; nobody can run that."""
    return DeploymentSpec(name=name, project="", storage="", interpreter="")


def _state(text: object) -> RunState:
    return next((state for state in RunState if state.value == text), RunState.UNKNOWN)
