"""All of a storage is read, and each thing that isn't what was written is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import RunState, StepState
from lolpop.errors import DamagedError
from lolpop.history.checking import check
from lolpop.history.outputs import find_output, loaded
from lolpop.package.archive import key_of as package_key
from lolpop.storage import Store, artifacts, deployed, projects
from lolpop.storage.container import SMALL, key_of
from lolpop.storage.deployed import Use
from lolpop.storage.records import RunRecord


@pytest.fixture
def run(past: Any) -> RunRecord:
    """Give a run that ended, in a storage that has one of everything."""
    run: RunRecord = past.open()
    past.succeed(run, "work.make", value=[1])
    value = ({"a": 1}, list(range(10)))
    output = artifacts.put(past.store, value, past.folder, elements=[(0,), (1,)])
    run.claim("work.do").close(StepState.SUCCEEDED, output=output)
    run.mark_stopping("asked")
    run.end(RunState.SUCCEEDED)
    use = Use(orchestrator="X", address=None, deployment="past", package=past.digest)
    deployed.note(past.store, use)
    projects.note(past.store, "past", past.digest)
    return run


def flip(store: Store, key: str, at: int = -1) -> None:
    """Change one byte."""
    path = store.local_path(key)
    assert path
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_what_is_sound(past: Any, run: RunRecord) -> None:
    told: list[int] = []
    found = check(past.store, told.append)
    assert (found.packages, found.artifacts, found.damaged) == (1, 4, {})
    assert found.records == 9  # of the run 3, of two attempts 4, two notes
    assert sum(told) == found.size > 1000


def test_one_byte_of_anything_is_found(past: Any, run: RunRecord) -> None:
    for folder in ("packages", "artifacts"):
        for key in past.store.list(folder):
            size = past.store.size(key)
            for at in {0, 20, size // 3, size // 2, size - 1}:
                flip(past.store, key, at)
                assert [*check(past.store).damaged] == [key], (key, at)
                flip(past.store, key, at)
    assert check(past.store).damaged == {}


def test_what_is_said_of_it(past: Any, run: RunRecord) -> None:
    output = run.output("work.make")
    assert output
    flip(past.store, key_of(output.digest))
    flip(past.store, package_key(past.digest), past.store.size(package_key(past.digest)) // 2)
    found = check(past.store).damaged
    assert found[key_of(output.digest)] == (
        f"artifact {output.digest} in the storage {past.store.url!r} is damaged: its content has"
        " another digest"
    )
    assert found[package_key(past.digest)].startswith(
        f"package {past.digest[:12]} in {past.store.url!r} isn't a package: "
    )


def test_other_bytes_between_the_files_of_a_package_are_damage_too(past: Any) -> None:
    flip(past.store, package_key(past.digest), 12)  # the time of its first file
    assert check(past.store).damaged[package_key(past.digest)] == (
        f"package {past.digest[:12]} in {past.store.url!r} isn't a package: there are other bytes"
        " between its files"
    )


@pytest.mark.parametrize(
    "key",
    [
        *("run.json", "stopping.json", "end.json"),
        *("steps/work.make/0000/claim.json", "steps/work.make/0000/close.json"),
    ],
)
@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", None])
def test_a_record_that_cannot_be_read(
    past: Any, run: RunRecord, key: str, content: bytes | None
) -> None:
    path = past.store.local_path(run.key(key))
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    assert [*check(past.store).damaged] == [run.key(key)]


@pytest.mark.parametrize(
    ("drop", "at", "why"),
    [
        (lambda past, run: run.key("run.json"), "{run}/run.json", "it is missing, and the run is"),
        (
            lambda past, run: package_key(past.digest),
            "{run}/run.json",
            "its package 'packages/{digest}.zip' isn't in the storage",
        ),
        (
            lambda past, run: key_of(run.output("work.make").digest),
            "{run}/steps/work.make/0000/close.json",
            "its output 'artifacts/",
        ),
        (
            lambda past, run: key_of(artifacts.parts(past.store, run.output("work.do").digest)[0]),
            "artifacts/",
            "its part ",
        ),
    ],
)
def test_what_is_missing(
    past: Any, run: RunRecord, drop: Callable[..., str], at: str, why: str
) -> None:
    past.store.delete(drop(past, run))
    ((key, said),) = check(past.store).damaged.items()
    assert key.startswith(at.format(run=run.key("")[:-1]))
    assert said.startswith(why.format(digest=past.digest))


def test_what_nobody_looks_for_is_named(past: Any, run: RunRecord) -> None:
    for key in ("artifacts/zz/abc", "packages/x.txt"):
        past.store.write(key, b"")
    past.store.write("deployed/x.json", b"{")
    past.store.write("projects/x/package.json", b"{")
    found = check(past.store).damaged
    assert [*found] == [
        *("packages/x.txt", "artifacts/zz/abc", "deployed/x.json", "projects/x/package.json")
    ]
    assert found["artifacts/zz/abc"] == "nothing of this name is looked for here"


def test_an_empty_storage_is_sound(tmp_path: Path) -> None:
    found = check(Store(str(tmp_path / "none")))
    assert (found.packages, found.artifacts, found.records, found.size) == (0, 0, 0, 0)
    assert not (tmp_path / "none").exists()


def test_a_changed_byte_of_a_small_output_is_never_read_silently(past: Any, run: RunRecord) -> None:
    output = run.output("work.make")
    assert output
    flip(past.store, key_of(output.digest))
    with pytest.raises(DamagedError, match="its content has another digest"):
        artifacts.get(past.store, output.digest, past.folder)


def test_a_large_output_is_verified_by_whoever_gets_it(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make", value=b"x" * (SMALL + 1))
    output = run.output("work.make")
    flip(past.store, key_of(output.digest))
    assert len(artifacts.get(past.store, output.digest, past.folder)) == SMALL + 1
    found = find_output(past.history, run, "work.make")
    with pytest.raises(DamagedError, match="its content has another digest"):
        loaded(past.history, run, found).__enter__()
