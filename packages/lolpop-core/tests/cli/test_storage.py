"""`lolpop storage prune`: what it says, and what it refuses."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import RunRef, RunState, StepState, to_json
from lolpop.storage import Store, artifacts
from lolpop.storage.deployed import Use, note
from lolpop.storage.records import Runs


@pytest.fixture
def store(tmp_path: Path, project: Any) -> Store:
    """Give a project's storage with a run that is over, a package and something left over."""
    project("def run(self): ...")
    store = Store(str(tmp_path / ".lolpop"))
    run = Runs(store).open(RunRef("LocalOrchestrator", "flow", "1"), "a" * 64)
    output = artifacts.put(store, [1], tmp_path)
    run.claim("fit").close(StepState.SUCCEEDED, output=output)
    run.end(RunState.SUCCEEDED)
    store.write(f"packages/{'a' * 64}.zip", b"x" * 1000)
    store.write("tmp/old", b"x")
    for path in (tmp_path / ".lolpop").rglob("*"):
        then = path.stat().st_mtime - 90_000
        os.utime(path, (then, then))
    return store


def test_what_went_and_how_large_it_was(inside: Any, store: Store) -> None:
    done = inside("storage", "prune", "--older-than", "0", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["  run LocalOrchestrator/flow/1", "  package aaaaaaaaaaaa"]
    assert re.fullmatch(
        r"would be deleted: 1 run, 1 artifact, 1 package, 1 leftover, \d\.\d kB", lines[2]
    )
    assert store.exists("tmp/old")
    again = inside("storage", "prune", "--older-than", "0").stdout
    assert again == done.stdout.replace("would be deleted", "deleted")
    assert store.list() == []
    assert inside("storage", "prune").stdout == "nothing deleted\n"
    assert inside("storage", "prune", "--dry-run").stdout == "nothing would be deleted\n"


def test_the_default_is_a_month(inside: Any, store: Store) -> None:
    assert inside("storage", "prune").stdout == "deleted: 1 leftover, 1 B\n"


def test_as_json(inside: Any, store: Store) -> None:
    answer = json.loads(
        inside("storage", "prune", "--older-than=0s", "--dry-run", "--output=json").stdout
    )
    assert answer["runs"] == [
        {"orchestrator": "LocalOrchestrator", "deployment": "flow", "run_id": "1"}
    ]
    assert (answer["dry_run"], answer["packages_kept"], answer["elsewhere"]) == (True, None, [])
    assert (answer["packages"], answer["leftovers"]) == (["a" * 64], ["tmp/old"])
    assert answer["size"] > 1000


def test_packages_stay_where_an_orchestrator_cannot_be_asked(inside: Any, store: Store) -> None:
    line = "decorators.orchestrator=GoneOrchestrator"
    done = inside("storage", "prune", "--older-than", "0", "--set", line)
    assert done.returncode == 0
    assert re.fullmatch(
        r"  run LocalOrchestrator/flow/1\ndeleted: 1 run, 1 artifact, 1 leftover, .* B\n",
        done.stdout,
    )
    kept = (
        "no package is deleted: the orchestrator can't be asked which ones its deployments need:"
        " orchestrator 'GoneOrchestrator' isn't installed; installed: LocalOrchestrator"
    )
    assert done.stderr == f"warning: {kept}\n"
    assert store.names("packages") == (f"{'a' * 64}.zip",)
    answer = json.loads(inside("storage", "prune", "--set", line, "--output", "json").stdout)
    assert answer["packages_kept"] == kept


def test_a_deployment_that_is_elsewhere_is_named(inside: Any, store: Store) -> None:
    use = Use(orchestrator="LocalOrchestrator", address="X", deployment="flow", package="a" * 64)
    note(store, use)
    done = inside("storage", "prune", "--older-than", "0", "--dry-run")
    assert (done.returncode, "package" in done.stdout) == (0, False)
    assert done.stderr == (
        "note: package aaaaaaaaaaaa is kept for deployment 'flow' on LocalOrchestrator at X,"
        " until it is removed there\n"
    )
    answer = json.loads(inside("storage", "prune", "--dry-run", "--output=json").stdout)
    assert answer["elsewhere"] == [to_json(use)]


@pytest.mark.parametrize("age", ["x", "-1s", "1y", "", "1e400", "99999999999999d"])
def test_an_age_that_is_none(inside: Any, store: Store, age: str) -> None:
    done = inside("storage", "prune", f"--older-than={age}")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"error: --older-than: {age!r} isn't a duration\nhint: for example 90, 10s, 12h or 30d\n",
    )


def test_a_damaged_record_keeps_what_it_may_refer_to(inside: Any, store: Store) -> None:
    key = "runs/LocalOrchestrator/flow/1/run.json"
    store.write(key, b"{")
    done = inside("storage", "prune", "--older-than", "0")
    assert (done.returncode, done.stdout) == (0, "deleted: 1 leftover, 1 B\n")
    assert done.stderr == (
        f"warning: no artifact and no package is deleted: these can't be read: {key}\n"
        "hint: restore them from a copy, or delete them\n"
    )
    told = json.loads(inside("storage", "prune", "--output", "json").stdout)
    assert [*told["damaged"]] == [key]


def test_a_sound_storage(inside: Any, tmp_path: Path, project: Any) -> None:
    project("def run(self): ...")
    assert inside("deployment", "package").returncode == 0
    done = inside("storage", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"ok: 1 package, 0 outputs, 1 record, \d+\.\d MB\n", done.stdout)
    told = json.loads(inside("storage", "check", "--output", "json").stdout)
    assert (told["packages"], told["outputs"], told["records"]) == (1, 0, 1)
    assert (told["damaged"], told["size"] > 0) == ([], True)


def test_a_damaged_storage(inside: Any, store: Store) -> None:
    package = f"packages/{'a' * 64}.zip"
    (artifact,) = store.list("artifacts")
    path = store.local_path(artifact)
    assert path
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    done = inside("storage", "check")
    assert done.returncode == 1
    digest = artifact.rpartition("/")[2]
    assert done.stdout.splitlines() == [
        f"  damaged {artifact}: artifact {digest} in the storage {store.url!r} is damaged: its"
        " content has another digest",
        f"  damaged {package}: package aaaaaaaaaaaa in {store.url!r} isn't a package: File is not"
        " a zip file",
    ]
    assert done.stderr == (
        f"error: 2 damaged in the storage {store.url!r}, of 1 package, 1 output, 4 records\n"
        "hint: restore them from a copy; or delete them, and run or build again what needs them\n"
    )
    done = inside("storage", "check", "--output", "json")
    assert done.returncode == 1
    assert [each["key"] for each in json.loads(done.stdout)["damaged"]] == [artifact, package]
