"""Secrets are hidden in texts and in streams, however these are cut."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lolpop.execution.masking import Mask, mask_of, masked
from lolpop.package.variables import variables

LETTERS = st.text("ab\n", min_size=1, max_size=8)


@given(st.lists(LETTERS, max_size=4), st.lists(st.text("abx\n", max_size=12), max_size=8))
def test_a_stream_hides_what_its_whole_text_would(secrets: list[str], chunks: list[str]) -> None:
    mask = Mask(secrets)
    stream = mask.stream()
    found = b"".join([*(stream.feed(chunk.encode()) for chunk in chunks), stream.close()])
    assert found.decode() == mask.text("".join(chunks))


@given(st.lists(LETTERS, min_size=1, max_size=4), st.text("abx\n", max_size=40))
def test_nothing_of_a_secret_is_left(secrets: list[str], text: str) -> None:
    hidden = Mask(secrets).text(text)
    assert not any(secret in hidden for secret in secrets if len(secret) >= 4)


def test_only_what_could_begin_a_secret_is_held_back() -> None:
    stream = Mask(["secret"]).stream()
    assert stream.feed(b"a line\nsec") == b"a line\n"
    assert stream.feed(b"ond, sECret, secret") == b"second, sECret, ***"
    assert stream.feed(b" se") == b" "
    assert stream.close() == b"se"


def test_short_values_are_not_hidden() -> None:
    mask = Mask(["abc", ""])
    assert not mask
    assert mask.text("abcabc") == "abcabc"
    assert mask.stream().feed(b"abc") == b"abc"


def test_lines_and_quoted_forms_are_hidden() -> None:
    mask = Mask(['first line\nsecond\'s "line"', "back\\slash"])
    assert mask.text("first line") == "***"
    assert mask.text('x second\'s "line" x') == "x *** x"
    assert mask.text(repr("back\\slash")) == "'***'"


def test_the_longest_of_two_is_hidden_whole() -> None:
    mask = Mask(["abcd", "abcdefgh"])
    assert mask.text("abcdefgh abcdef") == "*** ***ef"
    stream = mask.stream()
    assert stream.feed(b"abcd") + stream.feed(b"efgh") + stream.close() == b"***"


def test_the_variables_of_a_configuration() -> None:
    config = b"""
        runner: Flow
        config: {url: "x${env:HOST}:${env:PORT:-1}", list: [1, "${env:KEY}"], no: "$${env:HOME}"}
        process: {config: {other: "${env:KEY}"}}
    """
    assert variables(config) == {"HOST", "PORT", "KEY"}
    assert variables(b"runner: Flow") == set()
    assert mask_of(["KEY", "UNSET"], {"KEY": "value", "HOME": "/root"}).text("/root value") == (
        "/root ***"
    )


def test_a_log_without_secrets_is_written_to_as_it_is(tmp_path: Path) -> None:
    with masked(tmp_path / "log", Mask([])) as place:
        assert place == tmp_path / "log"


def test_a_log_with_secrets_gets_all_that_was_written(tmp_path: Path) -> None:
    with masked(tmp_path / "log", Mask(["secret"])) as place, place.open("ab") as pipe:
        for _ in range(10_000):
            pipe.write(b"a secret line\n")
    assert (tmp_path / "log").read_bytes() == b"a *** line\n" * 10_000
    assert not place.exists()
