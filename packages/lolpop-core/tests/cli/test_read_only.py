"""Who may only read a storage can look at everything in it, and is told what he can't do."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Done = subprocess.CompletedProcess[str]
BODY = """
work: "Work"

def run(self, nap: float = 0.0):
    return self.work.do(nap)
"""
BEFORE = """
import time

class Work(Pipeline):
    def do(self, nap):
        print("said")
        time.sleep(nap)
        return [1]
"""
YAML = "pipelines: {work: Work}\ndeployment: {name: my, project: birds}"
LOOKS = [
    "deployment list",
    "deployment status my",
    "deployment logs my",
    "deployment plan",
    "runs list",
    "runs show latest",
    "runs report latest -o page.html",
    "storage check",
    "storage prune --older-than 0 --dry-run",
]
_PR_CAPBSET_DROP, _OVERRIDE, _SEARCH = 24, 1, 2


def without_power() -> None:
    """Let root be bound to permissions as everybody is."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None, use_errno=True)
        for capability in (_OVERRIDE, _SEARCH):
            assert library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0


@pytest.fixture
def storage(project: Any, lolpop: Any, tmp_path: Path) -> Iterator[Path]:
    """Give the storage of a project that is deployed and has a run; it can be written again."""
    project(BODY, BEFORE, YAML)
    for words in ("deployment build", "deployment run my --wait"):
        done = lolpop(*words.split())
        assert done.returncode == 0, done.stderr
    yield tmp_path / ".lolpop"
    let_write(tmp_path / ".lolpop")


@pytest.fixture
def reader(script: Path, tmp_path: Path, storage: Path) -> Callable[..., Done]:
    """Call the command as somebody who may not write to the storage."""

    def call(words: str) -> Done:
        return subprocess.run(
            [script, *words.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=without_power,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        )

    return call


def forbid_writing(storage: Path) -> None:
    for path in [*storage.rglob("*"), storage]:
        path.chmod(path.stat().st_mode & ~0o222)


def let_write(storage: Path) -> None:
    for folder, _, files in os.walk(storage):
        Path(folder).chmod(0o700)
        for name in files:
            Path(folder, name).chmod(0o600)


def looked(reader: Callable[..., Done]) -> dict[str, str]:
    said = {}
    for words in LOOKS:
        done = reader(words)
        assert done.returncode == 0, (words, done.stderr)
        said[words] = done.stdout
    return said


def test_all_can_be_looked_at(reader: Callable[..., Done], storage: Path) -> None:
    forbid_writing(storage)
    before = sorted(storage.rglob("*"))
    said = looked(reader)
    assert "my    birds" in said["deployment list"]
    assert "said" in said["deployment logs my"]
    assert "succeeded" in said["deployment status my"]
    assert reader("runs get latest work.do").stdout == "[\n  1\n]\n"
    assert sorted(storage.rglob("*")) == before


def test_a_run_that_goes_on_can_be_looked_at(
    reader: Callable[..., Done], storage: Path, lolpop: Any
) -> None:
    assert lolpop("deployment", "run", "my", "--param", "nap=60").returncode == 0
    (log,) = [path for path in (storage / "local").glob("*.log") if _is_locked(path)]
    forbid_writing(storage)
    said = looked(reader)
    assert log.stem in said["runs show latest"]
    assert reader("deployment status my").stdout.startswith(f"run {log.stem} of my: ")
    let_write(storage)
    assert lolpop("deployment", "stop", "my").returncode == 0


def _is_locked(path: Path) -> bool:
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_run_whose_driver_died_can_be_looked_at(
    reader: Callable[..., Done], storage: Path
) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(storage / "local" / "index.sqlite")) as db, db:
        db.execute("update runs set state='running', ended_at=null")
    for end in storage.glob("runs/*/*/*/end.json"):
        end.unlink()
    forbid_writing(storage)
    said = looked(reader)
    assert ": crashed\n" in said["deployment status my"]
    assert not [*storage.glob("runs/*/*/*/end.json")]


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("deployment run my", "error: the log of a run '{storage}/local/"),
        ("deployment remove my", "error: the index '{storage}/local/index.sqlite' can't be used:"),
        ("runs report latest", "error: the storage '{storage}' can't be used from host "),
        ("deployment build --set deployment.name=x", "error: the storage '{storage}' can't be"),
    ],
)
def test_what_needs_writing_is_refused_with_a_hint(
    reader: Callable[..., Done], storage: Path, words: str, start: str
) -> None:
    forbid_writing(storage)
    done = reader(words)
    assert done.returncode == 4
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith(start.format(storage=storage))
    assert hint == (
        f"hint: it belongs to {storage.owner()!r}, who can share it with a group:"
        " `storage: {url: …, mode: group}`"
    )


def test_a_group_that_may_only_read_is_told_so(reader: Callable[..., Done], storage: Path) -> None:
    forbid_writing(storage)
    storage.chmod(0o2550)
    done = reader("runs report latest")
    assert done.stderr.splitlines()[-1] == (
        f"hint: the group {storage.group()!r} may only read it: `chmod g+w` lets it write"
    )
