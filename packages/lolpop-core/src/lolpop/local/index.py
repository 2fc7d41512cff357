"""The queue and the index of the embedded orchestrator, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lolpop.contract import DeploymentSpec, RunState, from_json, to_json

_SCHEMA = """
create table if not exists deployments (
    name text primary key, package text not null, digest text not null, spec text not null,
    suspended integer not null default 0, updated_at text not null
);
create table if not exists runs (
    number integer primary key autoincrement, id text unique not null, deployment text not null,
    package text not null, spec text not null, parameters text not null, state text not null,
    created_at text not null, started_at text, ended_at text, error text,
    pid integer, pid_started real, idempotency text,
    unique (deployment, idempotency)
);
"""
_OVER = tuple(state.value for state in RunState if state.is_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A deployment as the index has it."""

    spec: DeploymentSpec
    package: str
    digest: str
    suspended: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A run as the index has it; `pid_started` tells a reused process id from the old one."""

    number: int
    id: str
    deployment: str
    package: str
    spec: DeploymentSpec
    parameters: Mapping[str, Any]
    state: RunState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None
    pid: int | None
    pid_started: float | None


class Index:
    """Deployments and runs; safe for many processes at once.

    Args:
        path: The SQLite file; it and its folder are made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("pragma journal_mode=wal")
            connection.executescript(_SCHEMA)
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
        finally:
            connection.close()

    def deployments(self) -> list[Entry]:
        """List the deployments by name."""
        if not self.path.exists():
            return []
        with self._open() as db:
            return [_entry(row) for row in db.execute("select * from deployments order by name")]

    def deployment(self, name: str) -> Entry | None:
        """Find a deployment."""
        return next((entry for entry in self.deployments() if entry.spec.name == name), None)

    def put(self, spec: DeploymentSpec, package: str) -> None:
        """Add or replace a deployment; its schedule is active again."""
        values = (spec.name, package, spec.digest(package), json.dumps(to_json(spec)), _now())
        with self._open() as db:
            db.execute(
                "insert into deployments (name, package, digest, spec, updated_at)"
                " values (?, ?, ?, ?, ?) on conflict (name) do update set package=excluded.package,"
                " digest=excluded.digest, spec=excluded.spec, updated_at=excluded.updated_at,"
                " suspended=0",
                values,
            )

    def suspend(self, name: str) -> None:
        """Suspend a deployment's schedule."""
        with self._open() as db:
            db.execute("update deployments set suspended=1 where name=?", (name,))

    def remove(self, name: str) -> None:
        """Forget a deployment and its runs; their records stay."""
        with self._open() as db:
            db.execute("delete from runs where deployment=?", (name,))
            db.execute("delete from deployments where name=?", (name,))

    def add(
        self, run_id: str, entry: Entry, parameters: Mapping[str, Any], idempotency: str | None
    ) -> Row:
        """Queue a run; a word that was used before gives the run that it made."""
        spec = json.dumps(to_json(entry.spec))
        values = (run_id, entry.spec.name, entry.package, spec, json.dumps(dict(parameters)))
        with self._open() as db:
            db.execute(
                "insert or ignore into runs (id, deployment, package, spec, parameters, state,"
                " created_at, idempotency) values (?, ?, ?, ?, ?, 'queued', ?, ?)",
                (*values, _now(), idempotency),
            )
            found = db.execute(
                "select * from runs where id=? or (deployment=? and idempotency=?)",
                (run_id, entry.spec.name, idempotency),
            )
            return _row(found.fetchone())

    def runs(self, deployment: str, active: bool = False) -> list[Row]:
        """List a deployment's runs, newest first."""
        if not self.path.exists():
            return []
        with self._open() as db:
            rows = [
                _row(row)
                for row in db.execute(
                    "select * from runs where deployment=? order by number desc", (deployment,)
                )
            ]
        return [row for row in rows if not (active and row.state.is_over)]

    def run(self, run_id: str) -> Row | None:
        """Find a run."""
        if not self.path.exists():
            return None
        with self._open() as db:
            row = db.execute("select * from runs where id=?", (run_id,)).fetchone()
        return _row(row) if row else None

    def drive(self, run_id: str, pid: int, started: float) -> None:
        """Note which process drives a run."""
        with self._open() as db:
            db.execute("update runs set pid=?, pid_started=? where id=?", (pid, started, run_id))

    def take_turn(self, run_id: str, limit: int | None) -> bool:
        """Start a run if fewer than `limit` runs before it are active."""
        with self._open() as db:
            row = db.execute("select * from runs where id=?", (run_id,)).fetchone()
            active = db.execute(
                "select count(*) from runs where deployment=? and state in ('running', 'stopping')",
                (row["deployment"],),
            ).fetchone()[0]
            before = db.execute(
                "select count(*) from runs where deployment=? and state='queued' and number<?",
                (row["deployment"], row["number"]),
            ).fetchone()[0]
            if limit is not None and active + before >= limit:
                return False
            db.execute(
                "update runs set state='running', started_at=? where id=? and state='queued'",
                (_now(), run_id),
            )
            return True

    def stopping(self, run_id: str) -> None:
        """Note that a run is being stopped."""
        with self._open() as db:
            db.execute(
                f"update runs set state='stopping' where id=? and state not in {_OVER}",
                (run_id,),
            )

    def end(self, run_id: str, state: RunState, error: str | None = None) -> None:
        """Note how a run ended; the first word counts."""
        with self._open() as db:
            db.execute(
                f"update runs set state=?, ended_at=?, error=? where id=? and state not in {_OVER}",
                (state.value, _now(), error, run_id),
            )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        spec=from_json(DeploymentSpec, json.loads(row["spec"])),
        package=row["package"],
        digest=row["digest"],
        suspended=bool(row["suspended"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )


def _row(row: sqlite3.Row) -> Row:
    return Row(
        number=row["number"],
        id=row["id"],
        deployment=row["deployment"],
        package=row["package"],
        spec=from_json(DeploymentSpec, json.loads(row["spec"])),
        parameters=json.loads(row["parameters"]),
        state=RunState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        started_at=_time(row["started_at"]),
        ended_at=_time(row["ended_at"]),
        error=row["error"],
        pid=row["pid"],
        pid_started=row["pid_started"],
    )
