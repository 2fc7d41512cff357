"""A row of the index that can't be read: it is named, hides no other, and can be removed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import DeploymentSpec, RunState
from lolpop.errors import EngineError
from lolpop.local.index import Index
from lolpop.storage import Store
from lolpop.storage.records import Runs

SPEC = {"name": "bad", "project": "birds", "storage": "/s", "interpreter": "/python"}
ENTRIES = {
    "spec": [
        None,
        7,
        "",
        "{",
        "[]",
        "{}",
        "[" * 100_000,
        b"\xff",
        json.dumps({**SPEC, "name": "other"}),
        json.dumps({**SPEC, "parameters": {"x": float("nan")}}),
        json.dumps({**SPEC, "steps": {"a": {"retry_delay": float("inf")}}}),
        json.dumps({**SPEC, "concurrency": "many"}),
    ],
    "package": [b"\xff"],
    "digest": [b"\xff"],
    "updated_at": ["", "soon", "2026-01-01", "0001-01-01T00:00:00+14:00", 7, b"\xff"],
}
RUNS = {
    "spec": ["", "{", "[]", "[" * 100_000, b"\xff"],
    "parameters": ["", "[]", '{"x": NaN}', '{"x": 1e999}', 7, b"\xff"],
    "state": ["", "odd", 7],
    "created_at": ["", "soon", "2026-01-01", 7],
    "started_at": ["soon", 7],
    "pid": ["x", 1.5],
    "package": [b"\xff"],
    "error": [b"\xff"],
}


def every(cases: dict[str, list[Any]]) -> list[Any]:
    return [pytest.param(name, value) for name, values in cases.items() for value in values]


def damage(index: Index, table: str, column: str, value: object) -> None:
    """Change a row by hand; what no column takes is put in by a table without rules."""
    with closing(sqlite3.connect(index.path)) as db, db:
        db.execute("pragma ignore_check_constraints=1")
        (create,) = db.execute("select sql from sqlite_master where name=?", (table,)).fetchone()
        if value is None:
            db.execute("pragma writable_schema=1")
            loose = create.replace(f"{column} text not null", f"{column} text")
            db.execute("update sqlite_master set sql=? where name=?", (loose, table))
            db.execute("pragma writable_schema=0")
    with closing(sqlite3.connect(index.path)) as db, db:
        where = "name='bad'" if table == "deployments" else "id='bad'"
        db.execute(f"update {table} set {column}=? where {where}", (value,))


@pytest.fixture
def two(local: Any) -> Any:
    """Give an orchestrator with a sound deployment, and one that is damaged soon."""
    for name in ("bad", "sound"):
        local.engine.index.put(local.spec(name), "0" * 64)
    return local


@pytest.mark.parametrize(("column", "value"), every(ENTRIES))
def test_a_damaged_deployment(two: Any, column: str, value: object) -> None:
    index = two.engine.index
    damage(index, "deployments", column, value)
    found = {each.name: each for each in two.engine.deployments()}
    assert [*found] == ["bad", "sound"]
    assert found["sound"].problem is None
    assert found["bad"].problem.startswith("its row in the index is damaged: ")
    assert (found["bad"].project, found["bad"].storage) == ("", str(two.storage))
    with pytest.raises(EngineError) as caught:
        two.run("bad")
    assert caught.value.message == f"deployment 'bad' can't run: {found['bad'].problem}"
    assert caught.value.hint == "`lolpop deployment build` makes it able to"
    assert two.stop(name="bad").ended == ()
    assert two.remove("bad").deleted == ("deployment bad",)
    assert [each.name for each in two.engine.deployments()] == ["sound"]


@pytest.mark.parametrize("name", [b"\xffbad", b"bad", 7, 1.5])
def test_a_name_that_is_no_text_can_be_removed_too(two: Any, name: object) -> None:
    damage(two.engine.index, "deployments", "name", name)
    listed = [each.name for each in two.engine.deployments()]
    (odd,) = [name for name in listed if name != "sound"]
    assert two.remove(odd).deleted == (f"deployment {odd}",)
    assert [each.name for each in two.engine.deployments()] == ["sound"]


def test_building_again_mends_a_damaged_deployment(flow: Any) -> None:
    with closing(sqlite3.connect(flow.engine.index.path)) as db, db:
        db.execute("update deployments set spec='{'")
    (found,) = flow.engine.deployments()
    assert found.problem == (
        "its row in the index is damaged: Expecting property name enclosed in double quotes:"
        " line 1 column 2 (char 1)"
    )
    flow.deploy()
    (found,) = flow.engine.deployments()
    assert found.problem is None


@pytest.mark.parametrize(("column", "value"), every(RUNS))
def test_a_damaged_run(two: Any, column: str, value: object) -> None:
    index = two.engine.index
    for run_id, name in (("bad", "bad"), ("sound", "sound"), ("next", "bad")):
        entry = index.deployment(name)
        assert entry
        index.add(run_id, entry, {}, None)
    damage(index, "runs", column, value)
    row = index.run("bad")
    assert row
    assert row.damage
    assert row.damage.startswith("its row in the index is damaged: ")
    status = two.engine.status(row.ref)
    assert status.message == row.damage or status.error == f"RunCrashed: {row.damage}"
    runs = {run.ref.run_id: run.state for run in two.engine.runs("bad", active=False)}
    assert [*runs] == ["next", "bad"]
    assert runs["bad"] in (RunState.CRASHED, RunState.UNKNOWN)
    two.stop(name="bad")
    assert two.engine.runs("bad", active=True) == []
    two.remove("bad")
    assert index.run("bad") is None
    assert index.run("sound") is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", None])
def test_a_damaged_record_of_a_run_hinders_neither_running_nor_stopping(
    flow: Any, content: bytes | None
) -> None:
    first = flow.wait(flow.run()).run
    key = f"runs/LocalOrchestrator/flow/{first.ref.run_id}/run.json"
    path = Store(str(flow.storage)).local_path(key)
    assert path
    if content is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(content)
    with closing(sqlite3.connect(flow.engine.index.path)) as db, db:
        db.execute("update runs set state='running', ended_at=null")
    flow.until(lambda: flow.state(first) is RunState.SUCCEEDED)  # as its end says
    assert flow.wait(flow.run()).run.state is RunState.SUCCEEDED
    flow.stop()
    flow.remove()
    assert flow.engine.deployments() == []


@pytest.mark.parametrize("content", [b"", b'{"state": "succ', b"[]", b'{"state": 1}', None])
def test_a_run_whose_end_is_damaged_is_not_called_succeeded(
    flow: Any, content: bytes | None
) -> None:
    run = flow.wait(flow.run()).run
    record = flow.record(run.ref)
    path = Store(str(flow.storage)).local_path(record.key("end.json"))
    assert path
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    with closing(sqlite3.connect(flow.engine.index.path)) as db, db:
        db.execute("update runs set state='running', ended_at=null")
    flow.until(lambda: flow.state(run) is RunState.CRASHED)
    assert flow.record(run.ref).ended is None
    damaged = Runs(Store(str(flow.storage))).find(run.ref)
    assert damaged
    assert (damaged.end_damage or "").startswith(
        f"the record of its end {record.key('end.json')!r} can't be read: "
    )


def test_a_supervisor_of_a_damaged_run_says_so(two: Any, tmp_path: Path) -> None:
    import subprocess
    import sys

    index = two.engine.index
    entry = index.deployment("bad")
    assert entry
    index.add("bad", entry, {}, None)
    damage(index, "runs", "spec", "{")
    command = [sys.executable, "-m", "lolpop.local.supervisor", str(index.path), "bad"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "run bad: its row in the index is damaged: Expecting property name enclosed in double"
        " quotes: line 1 column 2 (char 1)\n",
    )


def test_a_spec_of_another_name_is_no_spec(tmp_path: Path) -> None:
    index = Index(tmp_path / "local" / "index.sqlite")
    spec = DeploymentSpec(name="bad", project="p", storage="/s", interpreter="/python")
    index.put(spec, "0" * 64)
    damage(index, "deployments", "spec", json.dumps({**SPEC, "name": "other"}))
    (entry,) = index.deployments()
    assert entry.damage == "its row in the index is damaged: it is of 'other'"
