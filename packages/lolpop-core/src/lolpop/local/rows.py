"""What the index holds: deployments, runs and their ends, as values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lolpop.contract import DeploymentSpec, RunRef, RunState, from_json

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
    """

    spec: DeploymentSpec
    package: str
    digest: str
    suspended: bool
    updated_at: datetime


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
    """Read a deployment."""
    return Entry(
        spec=from_json(DeploymentSpec, json.loads(row["spec"])),
        package=row["package"],
        digest=row["digest"],
        suspended=bool(row["suspended"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )


def row_of(row: sqlite3.Row) -> Row:
    """Read a run."""
    return Row(
        number=row["number"],
        id=row["id"],
        deployment=row["deployment"],
        package=row["package"],
        spec=from_json(DeploymentSpec, json.loads(row["spec"])),
        given=json.loads(row["parameters"]),
        state=RunState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        started_at=_time(row["started_at"]),
        ended_at=_time(row["ended_at"]),
        failed_step=row["failed_step"],
        error=row["error"],
        pid=row["pid"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
