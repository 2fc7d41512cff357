"""What a command has said is on the disk by then: a crash of the host can't take it back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import RunRef, RunState, StepState
from lolpop.storage import Store, artifacts
from lolpop.storage.container import key_of
from lolpop.storage.deployed import Use, note
from lolpop.storage.records import RunRecord, Runs

REF = RunRef("X", "flow", "1")


class Disk:
    """What was synced, renamed and linked, in this order, by paths from the storage."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.events: list[tuple[str, str]] = []
        fsync, link, replace = os.fsync, os.link, Path.replace
        patch.setattr(os, "fsync", lambda file: self.note("sync", self.name(file)) or fsync(file))
        patch.setattr(os, "link", lambda a, b: self.note("name", b) or link(a, b))
        patch.setattr(Path, "replace", lambda a, b: self.note("name", b) or replace(a, b))

    def name(self, descriptor: int) -> str:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())

    def note(self, what: str, path: Any) -> None:
        inner = os.path.relpath(path, self.root)
        self.events.append((what, "draft" if inner.startswith("tmp/") else inner))

    def is_durable(self, key: str) -> bool:
        """Whether content came first, then the name, then every folder that leads to it."""
        named = self.events.index(("name", key))
        folders = [("sync", str(parent)) for parent in Path(key).parents]
        content = ("sync", "draft") in self.events[:named] or ("sync", key) in self.events
        return content and all(each in self.events[named:] for each in folders)


@pytest.fixture
def disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Disk:
    store.write("first", b"")
    root = store.local_path("first")
    assert root
    return Disk(root.parent, monkeypatch)


@pytest.fixture
def run(store: Store, disk: Disk) -> RunRecord:
    return Runs(store).open(REF, "0" * 64)


def test_a_run_that_was_opened(run: RunRecord, disk: Disk) -> None:
    assert disk.is_durable(run.key("run.json"))


def test_a_run_that_shall_stop(run: RunRecord, disk: Disk) -> None:
    run.mark_stopping("asked")
    assert disk.is_durable(run.key("stopping.json"))


def test_a_deployment_that_was_noted(store: Store, disk: Disk) -> None:
    use = Use(orchestrator="X", address=None, deployment="flow", package="0" * 64)
    note(store, use)
    assert disk.is_durable(use.key)


def test_an_attempt_that_was_closed_and_before_it_what_it_gave(
    store: Store, run: RunRecord, disk: Disk, tmp_path: Path
) -> None:
    output = artifacts.put(store, ([1], [2]), tmp_path, elements=[(0,)])
    run.claim("fit").close(StepState.SUCCEEDED, output=output)
    closed = run.key("steps", "fit", "0000", "close.json")
    (part,) = artifacts.parts(store, output.digest)
    for key in (key_of(output.digest), key_of(part)):
        assert disk.is_durable(key)
        assert disk.events.index(("sync", key)) < disk.events.index(("name", closed))
    assert disk.is_durable(closed)


def test_a_run_that_ended_and_before_it_all_that_its_attempts_left(
    store: Store, run: RunRecord, disk: Disk, tmp_path: Path
) -> None:
    output = artifacts.put(store, [1], tmp_path)
    run.claim("fit").close(StepState.SUCCEEDED, output=output, durable=False)
    closed = run.key("steps", "fit", "0000", "close.json")
    assert not disk.is_durable(closed)
    run.end(RunState.SUCCEEDED)
    ended = disk.events.index(("name", run.key("end.json")))
    for key in (closed, key_of(output.digest)):
        assert disk.is_durable(key)
        assert disk.events.index(("sync", key)) < ended
    assert disk.is_durable(run.key("end.json"))


def test_what_is_written_every_few_seconds_waits_for_no_disk(run: RunRecord, disk: Disk) -> None:
    attempt = run.claim("fit")
    disk.events.clear()
    attempt.renew()
    attempt.append_log(b"x")
    assert "sync" not in dict(disk.events)


def test_a_bucket_needs_no_syncing(tmp_path: Path) -> None:
    store = Store(f"memory://{tmp_path.name}")
    run = Runs(store).open(REF, "0" * 64)
    run.claim("fit").close(StepState.SUCCEEDED, output=artifacts.put(store, [1], tmp_path))
    assert run.end(RunState.SUCCEEDED)
    store.settle(["no/such"])
