"""Clocks that were wrong: the order of runs doesn't hang on them, and nothing young is deleted."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lolpop.contract import RunRef, RunState, StepState
from lolpop.storage import Store, artifacts, attempts, prune, records
from lolpop.storage.records import RunRecord, Runs
from lolpop.storage.sequence import next_number

MONTH = timedelta(days=30)
PAST, FUTURE = datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
At = Callable[[datetime | None], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the clock of this process, or let it be right again."""

    def set_to(time: datetime | None) -> None:
        for module in (attempts, records, prune):
            clock = (lambda: time) if time else lambda: datetime.now(UTC)
            monkeypatch.setattr(module, "now", clock)

    return set_to


def made(store: Store, name: str, folder: Path) -> RunRecord:
    """Make a run from its beginning to its end."""
    run = Runs(store).open(RunRef("X", "flow", name), "p" * 64)
    output = artifacts.put(store, name, folder)
    run.claim("fit").close(StepState.SUCCEEDED, output=output)
    run.end(RunState.SUCCEEDED)
    return run


def touched(store: Store, time: datetime) -> None:
    """Let all files be of a time, as a disk has it whose host had that clock."""
    for key in store.list():
        path = store.local_path(key)
        assert path
        os.utime(path, (time.timestamp(), time.timestamp()))


def names(store: Store) -> list[str]:
    return [run.ref.run_id for run in Runs(store).all()]


@pytest.mark.parametrize("wrong", [PAST, FUTURE])
def test_runs_stand_in_the_order_of_their_beginnings(
    store: Store, tmp_path: Path, at: At, wrong: datetime
) -> None:
    made(store, "b", tmp_path)
    at(wrong)
    made(store, "c", tmp_path)
    at(None)
    made(store, "a", tmp_path)
    assert names(store) == ["b", "c", "a"]


@pytest.mark.parametrize("wrong", [PAST, FUTURE])
def test_a_young_run_is_never_deleted(
    store: Store, tmp_path: Path, at: At, wrong: datetime
) -> None:
    at(wrong)
    made(store, "young", tmp_path)
    at(None)
    assert prune.prune(store, MONTH, deployed=()).runs == ()
    assert names(store) == ["young"]


@pytest.mark.parametrize("wrong", [PAST, FUTURE])
def test_a_young_run_is_never_deleted_though_its_disk_had_that_clock_too(
    store: Store, tmp_path: Path, at: At, wrong: datetime
) -> None:
    made(store, "first", tmp_path)
    first = store.list()
    at(wrong)
    made(store, "second", tmp_path)
    at(None)
    for key in store.list():
        path = store.local_path(key)
        assert path
        if key not in first:
            os.utime(path, (wrong.timestamp(), wrong.timestamp()))
    assert prune.prune(store, MONTH, deployed=()).runs == ()


def test_an_old_run_whose_end_is_of_the_future_goes(store: Store, tmp_path: Path, at: At) -> None:
    at(datetime.now(UTC) - 2 * MONTH)
    run = Runs(store).open(RunRef("X", "flow", "old"), "p" * 64)
    at(FUTURE)
    run.end(RunState.SUCCEEDED)
    at(None)
    touched(store, datetime.now(UTC) - 2 * MONTH)
    assert prune.prune(store, MONTH, deployed=()).runs == (run.ref,)
    assert store.list() == []


def test_an_attempt_that_began_after_the_end_of_its_run_keeps_it(
    store: Store, tmp_path: Path, at: At
) -> None:
    at(datetime.now(UTC) - 2 * MONTH)
    run = made(store, "again", tmp_path)
    touched(store, datetime.now(UTC) - 2 * MONTH)
    at(None)
    run.claim("fit").renew()
    assert prune.prune(store, MONTH, deployed=()).runs == ()


def test_a_lease_of_the_future_is_not_held_for_ever(store: Store) -> None:
    attempt = Runs(store).open(RunRef("X", "flow", "1"), "p" * 64).claim("fit")
    attempt.renew()
    assert attempt.is_alive
    touched(store, FUTURE)
    assert not attempt.is_alive
    attempt.renew()
    assert attempt.is_alive


def test_numbers_go_on_where_they_were(store: Store) -> None:
    given = [next_number(store, lambda: 40) for _ in range(20)]
    assert given == [*range(41, 61)]
    assert len(store.names("sequence")) < 10
    for key in store.list("sequence"):
        store.delete(key)
    assert next_number(store, lambda: 60) == 61


def test_a_lost_sequence_goes_on_behind_the_runs_that_are_there(
    store: Store, tmp_path: Path
) -> None:
    made(store, "z", tmp_path)
    for key in store.list("sequence"):
        store.delete(key)
    made(store, "a", tmp_path)
    assert names(store) == ["z", "a"]
    assert [run.start.number for run in Runs(store).all()] == [1, 2]


def test_opening_a_run_again_takes_no_number(store: Store, tmp_path: Path) -> None:
    made(store, "a", tmp_path)
    made(store, "a", tmp_path)
    assert store.names("sequence") == ("000000000001",)
