from __future__ import annotations

from typing import Any

import pytest

from lolpop.errors import NotFoundError, UsageError
from lolpop.history.finding import find


def test_a_run_is_found_by_its_id_a_beginning_or_its_full_name(past: Any) -> None:
    first, second = past.open("2024-a"), past.open("2024-ab")
    for named in ("2024-ab", "X/past/2024-ab", "latest"):
        assert find(past.history, named).ref == second.ref
    assert find(past.history, "2024-a").ref == first.ref
    third = past.open("é/1")
    assert find(past.history, "é").ref == third.ref


def test_an_ambiguous_beginning_lists_the_runs_newest_first(past: Any) -> None:
    for number in range(10):
        past.open(f"run-{number}")
    with pytest.raises(UsageError) as caught:
        find(past.history, "run")
    assert caught.value.message == (
        "'run' is the beginning of 10 runs: X/past/run-9, X/past/run-8, X/past/run-7,"
        " X/past/run-6, X/past/run-5, X/past/run-4, X/past/run-3, X/past/run-2 and 2 more"
    )
    assert caught.value.hint == "give more of the id, or one of these names in full"


def test_an_id_that_two_engines_made_is_ambiguous(past: Any) -> None:
    past.open("1", "X")
    past.open("1", "Y", "other")
    with pytest.raises(UsageError) as caught:
        find(past.history, "1")
    assert caught.value.message == "'1' is the id of 2 runs: Y/other/1, X/past/1"
    assert find(past.history, "Y/other/1").ref.orchestrator == "Y"


@pytest.mark.parametrize("named", ["", "zzz", "latest"])
def test_without_runs_it_says_what_makes_one(past: Any, named: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        find(past.history, named)
    assert caught.value.message == f"there are no runs in the storage {past.store.url!r}"
    assert caught.value.hint == (
        "`lolpop deployment run` makes one; `lolpop run workflow` keeps no record"
    )


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("20240101", "did you mean '20240102'? `lolpop runs list` shows all"),
        ("zzz", "`lolpop runs list` shows all"),
        ("", "`lolpop runs list` shows all"),
    ],
)
def test_a_run_that_is_not_there(past: Any, named: str, hint: str) -> None:
    past.open("20240102")
    with pytest.raises(NotFoundError) as caught:
        find(past.history, named)
    assert caught.value.message == f"no run {named!r} in the storage {past.store.url!r}"
    assert caught.value.hint == hint


def test_records_that_cannot_be_read_are_named(past: Any) -> None:
    key = past.spoil(past.open("1"))
    with pytest.raises(NotFoundError) as caught:
        find(past.history, "1")
    assert caught.value.message == (
        f"no run '1' in the storage {past.store.url!r}, where these records can't be read: {key}"
    )
    assert caught.value.hint == "restore them from a copy"
