from __future__ import annotations

import pytest

from lolpop.pictures import words
from lolpop.pictures.markup import Html, tag
from lolpop.pictures.sections import ending


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.004, "4 ms"), (0.0993, "99.3 ms"), (0.25, "0.25 s"), (3.5, "3.5 s"),
        (9.996, "10 s"), (59.7, "1 m"), (90, "1 m 30 s"), (3600, "1 h"),
        (3661, "1 h 1 m"), (90000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (48_123, "48.1 kB"), (999_960, "1.0 MB"),
        (5_000_000_000, "5.0 GB"), (2 * 10**12, "2.0 TB"),
    ],
)  # fmt: skip
def test_sizes(count: int, text: str) -> None:
    assert words.size(count) == text


def test_texts_are_cut_by_the_columns_they_take() -> None:
    assert words.cut("abcdef", 6) == "abcdef"
    assert words.cut("abcdefg", 6) == "abcde…"
    assert words.cut("日本語です", 6) == "日本…"
    assert words.columns("e\u0301") == 1


def test_texts_are_broken_at_words() -> None:
    assert words.wrapped("one two three", 7, 3) == ["one two", "three"]
    assert words.wrapped("one two three four", 7, 2) == ["one two", "three…"]
    assert words.wrapped("", 7, 2) == []
    assert words.wrapped("unbreakable", 7, 2) == ["unbrea…"]


@pytest.mark.parametrize(
    ("code", "text"),
    [(None, ""), (0, "exit code 0"), (-9, "signal SIGKILL"), (-999, "signal 999")],
)
def test_how_a_process_ended(code: int | None, text: str) -> None:
    assert ending(code) == text


def test_only_markup_stays_markup() -> None:
    made = tag(
        "p", "<b>", Html("<i></i>"), None, tag("meta"), title='"', class_="x", id=None, x=1.25
    )
    assert made == '<p title="&quot;" class="x" x="1.2">&lt;b&gt;<i></i><meta></p>'
