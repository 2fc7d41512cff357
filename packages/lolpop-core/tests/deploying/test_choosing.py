from __future__ import annotations

import pytest

from lolpop.contract import Run, RunRef, RunState
from lolpop.deploying.choosing import one_of
from lolpop.errors import UsageError


def runs(*ids: str) -> list[Run]:
    return [Run(ref=RunRef("X", "flow", each), state=RunState.RUNNING) for each in ids]


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (None, "abd"),
        ("latest", "abd"),
        ("abc", "abc"),
        ("ab", "ab"),
        ("abd", "abd"),
        ("x", "xyz"),
        ("", None),
        ("y", None),
        ("abcd", None),
    ],
)
def test_a_run_is_found_by_what_people_write(named: str | None, found: str | None) -> None:
    run = one_of(runs("abd", "abc", "ab", "xyz"), named)
    assert (run and run.ref.run_id) == found


def test_nothing_is_found_among_none() -> None:
    assert one_of(runs(), "latest") is one_of(runs(), None) is None


def test_several_that_begin_so_are_named() -> None:
    with pytest.raises(UsageError) as caught:
        one_of(runs(*(f"a{number}" for number in range(10))), "a")
    assert caught.value.message == (
        "'a' is the beginning of 10 runs: a0, a1, a2, a3, a4, a5, a6, a7 and 2 more"
    )
    assert caught.value.hint == "give more of the id"
