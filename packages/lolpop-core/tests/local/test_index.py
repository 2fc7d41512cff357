"""The index: one file, many processes, and what happens when it is gone or broken."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import DeploymentSpec, RunState
from lolpop.errors import ContractError, StorageError
from lolpop.local.database import Database
from lolpop.local.driving import claimed
from lolpop.local.index import Index
from lolpop.storage.access import who_may

PUT = """
import sys
from pathlib import Path
from lolpop.contract import DeploymentSpec
from lolpop.local.index import Index

spec = DeploymentSpec(name=sys.argv[2], project="p", storage="/s", interpreter="/python")
print("ready", flush=True)
sys.stdin.readline()
Index(Path(sys.argv[1])).put(spec, "0" * 64)
"""
RUN = """
import sys
from lolpop.contract.options import RunOptions
from lolpop.local import LocalOrchestrator

engine = LocalOrchestrator.create()
engine.__dict__["storage"] = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
run = engine.run("flow", {"script": {}}, RunOptions(idempotency_key="once"))
print(run.ref.run_id)
"""


def at_once(code: str, calls: list[list[str]]) -> list[str]:
    """Run code in several processes, which begin when all of them are ready."""
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen([sys.executable, "-c", code, *call], stdin=pipe, stdout=pipe, text=True)
        for call in calls
    ]
    for each in started:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120)[0].strip() for each in started]
    assert [each.returncode for each in started] == [0] * len(calls)
    return said


def spec(name: str = "flow") -> DeploymentSpec:
    return DeploymentSpec(name=name, project="p", storage="/s", interpreter="/python")


def test_a_new_index_may_be_made_by_many_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "index.sqlite"
    names = [f"flow-{number}" for number in range(6)]
    at_once(PUT, [[str(path), name] for name in names])
    assert [entry.spec.name for entry in Index(path).deployments()] == names


def test_one_key_is_one_run_in_any_process(flow: Any) -> None:
    (run_id,) = set(at_once(RUN, [[str(flow.storage)]] * 4))
    (run,) = flow.engine.runs("flow", active=False)
    assert run.ref.run_id == run_id
    assert flow.wait(run).run.state is RunState.SUCCEEDED
    assert flow.run(key="once").ref == run.ref
    assert flow.run(key="twice").ref != run.ref
    assert flow.started.count("a") >= 1
    flow.stop()


def test_one_key_of_two_deployments_is_two_runs(flow: Any) -> None:
    flow.deploy("other")
    refs = [flow.run(name, key="once").ref for name in ("flow", "other", "flow")]
    assert refs[0] == refs[2] != refs[1]
    flow.stop()
    flow.stop(name="other")


def test_reading_makes_nothing(tmp_path: Path) -> None:
    index = Index(tmp_path / "no" / "index.sqlite")
    assert (index.deployments(), index.deployment("x"), index.runs("x"), index.run("x")) == (
        [],
        None,
        [],
        None,
    )
    assert not index.path.parent.exists()


def test_a_deleted_index_loses_only_what_build_makes_again(flow: Any) -> None:
    run = flow.run(a="show:held await:go")
    flow.shown("held")
    for file in flow.engine.index.path.parent.glob("index.sqlite*"):
        file.unlink()
    assert flow.engine.deployments() == []
    flow.show("go")
    flow.until(lambda: flow.record(run.ref).ended)
    assert flow.record(run.ref).ended.state is RunState.SUCCEEDED
    flow.deploy()
    assert flow.engine.runs("flow", active=False) == []
    assert flow.wait(flow.run()).run.state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("kept", "why"), [(0, "file is not a database"), (100, "database disk image is malformed")]
)
def test_a_damaged_index_is_named_with_what_to_do(flow: Any, kept: int, why: str) -> None:
    path = flow.engine.index.path
    content = path.read_bytes()[:kept] + b"nothing of a database" * 1000
    for file in path.parent.glob("index.sqlite*"):
        file.unlink()
    path.write_bytes(content)
    for call in (flow.engine.deployments, flow.run, flow.stop, flow.deploy):
        with pytest.raises(StorageError) as caught:
            call()
        assert caught.value.message == f"the index {str(path)!r} is damaged: {why}"
        assert caught.value.hint == (
            "packages, artifacts and the records of runs aren't in it: move it away with"
            f" `mv '{path}' '{path}.damaged'`, and `lolpop deployment build` enters the"
            " deployment again"
        )
    assert path.read_bytes() == content
    path.rename(f"{path}.damaged")
    flow.deploy()
    assert flow.wait(flow.run()).run.state is RunState.SUCCEEDED


def test_an_index_of_a_newer_core_is_left_alone(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.sqlite")
    index.put(spec(), "0" * 64)
    with sqlite3.connect(index.path) as db:
        db.execute("pragma user_version=2")
    db.close()
    with pytest.raises(ContractError) as caught:
        index.deployments()
    assert caught.value.message == (
        f"the index {str(index.path)!r} has version 2, this lolpop-core reads version 1"
    )
    assert caught.value.hint == "use the lolpop-core that wrote it, or a newer one"


def test_an_index_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.mkdir()
    with pytest.raises(StorageError) as caught:
        Index(path).put(spec(), "0" * 64)
    assert caught.value.message == (
        f"the index {str(path)!r} can't be used: unable to open database file"
    )
    assert caught.value.hint == (
        "see that its folder can be written, the disk has room, and nobody locks it"
    )


def test_the_first_word_on_a_runs_end_counts(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.sqlite")
    index.put(spec(), "0" * 64)
    entry = index.deployment("flow")
    assert entry is not None
    index.add("one", entry, {}, None)
    assert index.drive("one", 7)
    index.stopping("one")
    assert not index.drive("one", 8)
    index.end("one", RunState.CANCELLED)
    index.end("one", RunState.FAILED, "too late")
    index.stopping("one")
    row = index.run("one")
    assert row is not None
    assert (row.state, row.error, row.pid) == (RunState.CANCELLED, None, 7)


def test_a_deployment_with_active_runs_is_not_forgotten(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.sqlite")
    index.put(spec(), "0" * 64)
    entry = index.deployment("flow")
    assert entry is not None
    index.add("one", entry, {}, None)
    assert [row.id for row in index.remove("flow")] == ["one"]
    assert index.deployment("flow") is not None
    index.end("one", RunState.CRASHED)
    assert index.remove("flow") == []
    assert index.deployments() == []
    assert index.runs("flow") == []


def test_who_may_only_read_sees_what_another_process_has_just_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index(tmp_path / "local" / "index.sqlite")
    index.put(spec("one"), "0" * 64)
    with closing(sqlite3.connect(index.path)) as writer:
        writer.execute("update deployments set digest='first'")
        writer.commit()  # it stays in the log of changes while somebody has the file open
        assert Path(f"{index.path}-wal").stat().st_size > 0
        monkeypatch.setattr(Database, "may_write", False)
        (entry,) = index.deployments()
        assert entry.digest == "first"
        assert index.run("none") is None
    assert Index(tmp_path / "other" / "index.sqlite").deployments() == []


def test_an_index_that_changes_all_the_time_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index(tmp_path / "local" / "index.sqlite")
    index.put(spec(), "0" * 64)
    numbers = iter(range(1000))
    monkeypatch.setattr(Database, "may_write", False)
    monkeypatch.setattr(Database, "_stamp", lambda self: next(numbers))
    with pytest.raises(StorageError) as caught:
        index.deployments()
    assert caught.value.message == (
        f"the index {str(index.path)!r} can't be used: it changes all the time"
    )


def test_a_run_whose_log_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "local").touch()
    log = tmp_path / "local" / "1.log"
    with pytest.raises(StorageError) as caught, claimed(log):
        pass
    assert caught.value.message == (f"the log of a run {str(log)!r} can't be made: Not a directory")
    assert caught.value.hint == who_may(tmp_path)
