from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import RunState
from lolpop.deploying.building import build
from lolpop.deploying.engine import engine
from lolpop.deploying.packaging import wanted_package
from lolpop.deploying.running import remove
from lolpop.history.pruning import tidy
from lolpop.inprocess import Source
from lolpop.local.index import Index
from lolpop.storage import deployed as notes
from lolpop.storage.deployed import Use
from lolpop.storage.reports import key_of

MONTH = timedelta(days=30)
OLD = MONTH.total_seconds() + 60


@pytest.fixture
def source(past: Any) -> Source:
    return Source((str(past.folder / "lolpop.yaml"),))


def use(orchestrator: str, package: str, address: str | None = None, name: str = "past") -> Use:
    return Use(orchestrator=orchestrator, address=address, deployment=name, package=package)


def packages(past: Any) -> list[str]:
    return [name.removesuffix(".zip") for name in past.store.names("packages")]


def test_what_is_old_and_over_goes_with_its_report(past: Any, source: Source) -> None:
    run = past.open(engine="LocalOrchestrator")
    past.succeed(run, "work.make", value=[1])
    run.end(RunState.SUCCEEDED)
    past.store.write(key_of(run.ref), b"page")
    assert tidy(source, past.store, MONTH, False).pruned.runs == ()
    past.age(OLD)
    keys = past.store.list()
    size = sum(past.store.size(key) for key in keys)
    dry = tidy(source, past.store, MONTH, True)
    assert past.store.list() == keys
    assert tidy(source, past.store, MONTH, False) == dry
    assert dry.kept is None
    assert (dry.pruned.runs, dry.pruned.packages) == ((run.ref,), (past.digest,))
    assert (len(dry.pruned.artifacts), dry.pruned.size) == (1, size)
    assert past.store.list() == []


def test_a_young_run_keeps_its_package(past: Any, source: Source) -> None:
    past.age(OLD)
    past.open(engine="LocalOrchestrator")
    assert tidy(source, past.store, MONTH, False).pruned.packages == ()
    assert packages(past) == [past.digest]


def test_a_deployed_package_stays(past: Any, source: Source, deployed: Any) -> None:
    past.age(OLD)
    index = Index(past.folder / ".lolpop" / "local" / "index.sqlite")
    index.put(deployed, past.digest)
    assert tidy(source, past.store, MONTH, False).pruned.packages == ()
    index.remove(deployed.name)
    assert tidy(source, past.store, MONTH, False).pruned.packages == (past.digest,)


def test_the_projects_last_package_stays(past: Any, source: Source) -> None:
    past.age(OLD)
    past.store.write("projects/past/package.json", b'{"digest": "%s"}' % past.digest.encode())
    assert tidy(source, past.store, MONTH, False).pruned.packages == ()


def test_a_damaged_note_of_a_last_package_keeps_all_of_them(past: Any, source: Source) -> None:
    past.store.write("projects/odd/package.json", b"[]")
    past.age(OLD)
    tidied = tidy(source, past.store, MONTH, False)
    assert "these notes can't be read: projects/odd/package.json; " in str(tidied.kept)
    assert packages(past) == [past.digest]


@pytest.mark.parametrize("how", ["configured", "noted", "recorded"])
def test_if_one_cannot_be_asked_no_package_goes(past: Any, how: str) -> None:
    gone = "GoneOrchestrator"
    source = Source((str(past.folder / "lolpop.yaml"),))
    if how == "configured":
        source = Source(source.files, (f"decorators.orchestrator={gone}",))
    elif how == "noted":
        notes.note(past.store, use(gone, past.digest))
    else:
        run = past.open(engine=gone)
        past.succeed(run, "work.make")
        run.end(RunState.SUCCEEDED)
    past.age(OLD)
    tidied = tidy(source, past.store, MONTH, False)
    who = "the orchestrator" if how == "configured" else gone
    assert tidied.kept == (
        f"no package is deleted: {who} can't be asked which ones its deployments need:"
        f" orchestrator {gone!r} isn't installed; installed: LocalOrchestrator"
    )
    assert tidied.pruned.packages == ()
    assert packages(past) == [past.digest]
    assert len(tidied.pruned.runs) == (how == "recorded")


def test_what_was_noted_is_told_again(past: Any) -> None:
    odd = [use("Örtlich:X", "a"), use("A", "b", address="http://x/y"), use("A" * 300, "c/~")]
    for each in [*odd, odd[0]]:
        notes.note(past.store, each)
    assert sorted(notes.noted(past.store), key=str) == sorted(odd, key=str)


def test_a_deployment_on_another_server_keeps_its_package(past: Any, source: Source) -> None:
    away = use("LocalOrchestrator", past.digest, address="http://prod:4200/api")
    notes.note(past.store, away)
    past.age(OLD)
    tidied = tidy(source, past.store, MONTH, False)
    assert (tidied.elsewhere, tidied.pruned.packages) == ((away,), ())
    assert str(away) == "'past' on LocalOrchestrator at http://prod:4200/api"
    notes.forget(past.store, away)
    assert tidy(source, past.store, MONTH, False).pruned.packages == (past.digest,)


def test_what_the_engine_does_not_have_any_more_is_forgotten(past: Any, source: Source) -> None:
    notes.note(past.store, use("LocalOrchestrator", past.digest))
    assert tidy(source, past.store, timedelta(0), False).pruned.packages == ()  # just being made
    past.age(OLD)
    assert tidy(source, past.store, MONTH, True).pruned.packages == (past.digest,)
    assert len(notes.noted(past.store)) == 1
    assert tidy(source, past.store, MONTH, False).pruned.packages == (past.digest,)
    assert notes.noted(past.store) == []


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b'{"orchestrator": 1}', b"[" * 100_000])
def test_a_damaged_note_keeps_the_packages(past: Any, source: Source, content: bytes) -> None:
    past.store.write("deployed/x.json", content)
    past.age(OLD)
    tidied = tidy(source, past.store, MONTH, False)
    assert tidied.kept == (
        "no package is deleted: these notes can't be read: deployed/x.json; build the"
        " deployments again that use this storage, then delete the notes"
    )
    assert packages(past) == [past.digest]


def test_leftovers_of_a_day_ago_go(past: Any, source: Source) -> None:
    folder = past.folder / ".lolpop" / "tmp"
    folder.mkdir(exist_ok=True)
    for name, age in (("old", 90_000), ("young", 80_000)):
        file = Path(folder, name)
        file.write_bytes(b"12345")
        then = file.stat().st_mtime - age
        os.utime(file, (then, then))
    (folder / "folder").mkdir()
    pruned = tidy(source, past.store, MONTH, False).pruned
    assert (pruned.leftovers, pruned.size) == (("tmp/old",), 5)
    assert sorted(path.name for path in folder.iterdir()) == ["folder", "young"]


def test_what_is_built_is_noted_until_it_is_removed(past: Any) -> None:
    used = engine(Source((str(past.folder / "lolpop.yaml"),), runner="past_flow:Past"))
    first = build(used, wanted_package(used, None), None, {}).deployment
    assert notes.noted(past.store) == [use(used.name, first.package_digest, name=first.name)]
    past.age(OLD)
    assert tidy(used.source, past.store, MONTH, False).pruned.packages == ()
    flow = past.folder / "past_flow.py"
    flow.write_text(flow.read_text().replace("seed: int = 7", "seed: int = 8"))
    second = build(used, wanted_package(used, None), None, {}).deployment
    assert second.package_digest != first.package_digest
    assert notes.noted(past.store) == [use(used.name, second.package_digest, name=first.name)]
    remove(used, first.name, {})
    assert notes.noted(past.store) == []
