"""The SQLite file of the index: made, opened for many processes, and read by who may only read."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from lolpop.errors import ContractError, StorageError
from lolpop.storage.access import may_write, who_may
from lolpop.storage.folder import Folder

_VERSION = 1
_SCHEMA = f"""
pragma journal_mode=wal;
create table if not exists deployments (
    name text primary key, package text not null, digest text not null, spec text not null,
    suspended integer not null default 0, updated_at text not null
);
create table if not exists runs (
    number integer primary key autoincrement, id text unique not null, deployment text not null,
    package text not null, spec text not null, parameters text not null, state text not null,
    created_at text not null, started_at text, ended_at text, failed_step text, error text,
    pid integer, idempotency text,
    unique (deployment, idempotency)
);
pragma user_version={_VERSION};
"""


class Database:
    """One SQLite file.

    Args:
        path: The file; it and its folder are made when something is written.

    Raises:
        StorageError: From every method: the file can't be used, or is damaged.
        ContractError: From every method: a newer lolpop-core made the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def may_write(self) -> bool:
        """Whether this user may change what it holds."""
        return may_write(self.path.parent) and (
            not self.path.exists() or os.access(self.path, os.W_OK)
        )

    def select(self, query: str, *values: str) -> list[sqlite3.Row]:
        """Read rows; none if there is no file."""
        with self._explaining():
            if not self.path.exists():
                return []
            if not self.may_write:
                return self._looked_up(query, values)
        with self.transaction("begin") as db:
            return db.execute(query, values).fetchall()

    @contextmanager
    def transaction(self, begin: str = "begin immediate") -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction; what raises inside leaves it as it was."""
        with self._explaining():
            self._make()
            with _connected(str(self.path)) as db:
                self._prepare(db)
                db.execute(begin)
                yield db
                db.execute("commit")

    def _make(self) -> None:
        """Make the file with the permissions of its storage; SQLite's others get those too."""
        access = Folder(self.path.parents[1]).make(self.path.parent)
        for path in () if self.path.exists() else (self.path, self._lock):
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, access.file)
            with suppress(PermissionError):  # another user of the group makes it just now
                os.fchmod(descriptor, access.file)
            os.close(descriptor)

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Make the tables, if they aren't there."""
        # With WAL, some builds of SQLite would lose in a crash what a command has said.
        db.execute("pragma synchronous=full")
        if _version(db) == 0:
            # SQLite waits for nobody when two processes switch a new file to WAL.
            with self._lock.open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if _version(db) == 0:
                    db.executescript(_SCHEMA)
        self._check(db)

    def _check(self, db: sqlite3.Connection) -> None:
        if _version(db) > _VERSION:
            raise ContractError(
                f"the index {str(self.path)!r} has version {_version(db)},"
                f" this lolpop-core reads version {_VERSION}",
                hint="use the lolpop-core that wrote it, or a newer one",
            )

    def _looked_up(self, query: str, values: tuple[str, ...]) -> list[sqlite3.Row]:
        """Read rows of a copy: even who only reads the file itself would write beside it."""
        with TemporaryDirectory(prefix="lolpop-index-") as folder:
            copy = Path(folder, self.path.name)
            self._copy(copy)
            with _connected(str(copy)) as db:
                self._check(db)
                return db.execute(query, values).fetchall() if _version(db) else []

    def _copy(self, copy: Path) -> None:
        """Copy the file and its log of changes, which may move from there into it meanwhile."""
        for _ in range(_TRIES):
            before = self._stamp()
            for suffix in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{self.path}{suffix}", f"{copy}{suffix}")
            if self._stamp() == before:
                return
            Path(f"{copy}-wal").unlink(missing_ok=True)
        raise sqlite3.OperationalError("it changes all the time")

    def _stamp(self) -> list[tuple[int, int] | None]:
        return [_stamp(Path(f"{self.path}{suffix}")) for suffix in ("", "-wal")]

    @property
    def _lock(self) -> Path:
        return self.path.with_suffix(".lock")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> StorageError:
        path = str(self.path)
        if isinstance(error, (sqlite3.OperationalError, OSError)):
            message = f"the index {path!r} can't be used: {error}"
            hint = "see that its folder can be written, the disk has room, and nobody locks it"
            if isinstance(error, PermissionError) or not self.may_write:
                hint = who_may(self.path.parents[1])
        else:
            message = f"the index {path!r} is damaged: {error}"
            hint = (
                "packages, artifacts and the records of runs aren't in it: move it away with"
                f" `mv '{path}' '{path}.damaged'`, and `lolpop deployment build` enters the"
                " deployment again"
            )
        return StorageError(message, url=path, hint=hint)


_TRIES = 20


@contextmanager
def _connected(path: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        # Text that is none must not hide the rows around it.
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        yield db


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("pragma user_version").fetchone()[0])


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size
