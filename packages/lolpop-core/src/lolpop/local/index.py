"""The queue and the index of the embedded orchestrator, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lolpop.contract import DeploymentSpec, Overlap, RunState, to_json
from lolpop.local.database import Database
from lolpop.local.rows import Entry, Row, entry_of, row_of

_OVER = tuple(state.value for state in RunState if state.is_over)


class Index:
    """Deployments and runs; safe for many processes at once.

    Args:
        path: The SQLite file; it and its folder are made when something is written.

    Raises:
        StorageError: From every method: the file can't be used, or is damaged.
        ContractError: From every method: a newer lolpop-core made the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path)

    @property
    def may_write(self) -> bool:
        """Whether this user may change what it holds."""
        return self._database.may_write

    def deployments(self) -> list[Entry]:
        """List the deployments by name."""
        rows = self._database.select("select * from deployments order by name")
        return [entry_of(row) for row in rows]

    def deployment(self, name: str) -> Entry | None:
        """Find a deployment."""
        return next((entry for entry in self.deployments() if entry.spec.name == name), None)

    def put(self, spec: DeploymentSpec, package: str) -> None:
        """Add or replace a deployment; its schedule is active again."""
        values = (spec.name, package, spec.digest(package), json.dumps(to_json(spec)), _now())
        with self._database.transaction() as db:
            db.execute(
                "insert into deployments (name, package, digest, spec, updated_at)"
                " values (?, ?, ?, ?, ?) on conflict (name) do update set package=excluded.package,"
                " digest=excluded.digest, spec=excluded.spec, updated_at=excluded.updated_at,"
                " suspended=0",
                values,
            )

    def suspend(self, name: str) -> None:
        """Suspend a deployment's schedule."""
        with self._database.transaction() as db:
            db.execute("update deployments set suspended=1 where name=?", (name,))

    def remove(self, name: str) -> list[Row]:
        """Forget a deployment and its runs, unless one isn't over; give those that aren't."""
        with self._database.transaction() as db:
            active = db.execute(
                f"select * from runs where deployment=? and state not in {_OVER}", (name,)
            ).fetchall()
            if not active:
                db.execute("delete from runs where deployment=?", (name,))
                for row in db.execute("select rowid, name from deployments").fetchall():
                    if str(row["name"]) == name:  # a damaged one may be no text
                        db.execute("delete from deployments where rowid=?", (row["rowid"],))
        return [row_of(row) for row in active]

    def add(
        self, run_id: str, entry: Entry, parameters: Mapping[str, Any], idempotency: str | None
    ) -> Row:
        """Queue a run, or skip it; a word that was used before gives the run that it made."""
        spec = json.dumps(to_json(entry.spec))
        values = (run_id, entry.spec.name, entry.package, spec, json.dumps(dict(parameters)))
        with self._database.transaction() as db:
            db.execute(
                "insert or ignore into runs (id, deployment, package, spec, parameters, state,"
                " created_at, idempotency) values (?, ?, ?, ?, ?, 'queued', ?, ?)",
                (*values, _now(), idempotency),
            )
            found = "select * from runs where id=? or (deployment=? and idempotency=?)"
            key = (run_id, entry.spec.name, idempotency)
            row = row_of(db.execute(found, key).fetchone())
            if row.id == run_id and (reason := _skipped(row, _before(db, row))):
                _end(db, run_id, RunState.CANCELLED, reason)
            return row_of(db.execute(found, key).fetchone())

    def runs(self, deployment: str, active: bool = False) -> list[Row]:
        """List a deployment's runs, newest first."""
        only = f"and state not in {_OVER}" if active else ""
        query = f"select * from runs where deployment=? {only} order by number desc"
        return [row_of(row) for row in self._database.select(query, deployment)]

    def run(self, run_id: str) -> Row | None:
        """Find a run."""
        rows = self._database.select("select * from runs where id=?", run_id)
        return row_of(rows[0]) if rows else None

    def drive(self, run_id: str, pid: int) -> bool:
        """Note which process drives a run; False if nobody wants the run any more."""
        with self._database.transaction() as db:
            done = db.execute(
                "update runs set pid=? where id=? and state='queued'", (pid, run_id)
            ).rowcount
        return bool(done)

    def before(self, row: Row) -> int:
        """Count the runs of the same deployment that were asked for earlier and aren't over."""
        with self._database.transaction("begin") as db:
            return _before(db, row)

    def take_turn(self, row: Row) -> RunState | None:
        """Start a run if fewer than its limit before it aren't over.

        Returns:
            Its state now: running if it may start, queued if it has to wait; anything else
            if nobody wants it any more, None if it was removed.
        """
        limit = row.spec.concurrency
        with self._database.transaction() as db:
            if limit is None or _before(db, row) < limit:
                db.execute(
                    "update runs set state='running', started_at=? where id=? and state='queued'",
                    (_now(), row.id),
                )
            found = db.execute("select state from runs where id=?", (row.id,)).fetchone()
        return RunState(found["state"]) if found else None

    def stopping(self, run_id: str) -> None:
        """Note that a run is being stopped."""
        with self._database.transaction() as db:
            db.execute(
                f"update runs set state='stopping' where id=? and state not in {_OVER}",
                (run_id,),
            )

    def end(
        self,
        run_id: str,
        state: RunState,
        error: str | None = None,
        failed_step: str | None = None,
    ) -> None:
        """Note how a run ended; the first word counts."""
        with self._database.transaction() as db:
            _end(db, run_id, state, error, failed_step)


def _before(db: sqlite3.Connection, row: Row) -> int:
    """Count what stands before a run: earlier runs that aren't over, later ones that started."""
    count = db.execute(
        "select count(*) from runs where deployment=? and id<>? and"
        f" state not in {_OVER} and (number<? or state<>'queued')",
        (row.deployment, row.id, row.number),
    )
    return int(count.fetchone()[0])


def _skipped(row: Row, before: int) -> str | None:
    """Say why a run isn't started, or None if it is."""
    limit = row.spec.concurrency
    if row.spec.overlap is not Overlap.SKIP or limit is None or before < limit:
        return None
    return f"RunSkipped: {row.deployment!r} may have {limit} active at once, and has {before}"


def _end(
    db: sqlite3.Connection,
    run_id: str,
    state: RunState,
    error: str | None,
    failed_step: str | None = None,
) -> None:
    db.execute(
        "update runs set state=?, ended_at=?, error=?, failed_step=?"
        f" where id=? and state not in {_OVER}",
        (state.value, _now(), error, failed_step, run_id),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
