"""Secrets are hidden in texts and in streams, however these are cut."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lolpop.execution.masking import (
    Mask,
    mask_of,
    masked,
    masked_output,
    secret_values,
    without_secrets,
)
from lolpop.package.variables import variables
from lolpop.storage import Store, artifacts
from lolpop.storage.preview import hiding

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


SECRET = 'p@ss/w\u00f6rd "x" <&>'


@pytest.mark.parametrize(
    "form",
    [
        repr,
        ascii,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps(text).replace("/", "\\/"),
        lambda text: repr(text.encode()),
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        html.escape,
        lambda text: html.escape(text, quote=False),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, "?>?>\u00ff~~?", "s3cret-value", "a+b/c=="])
def test_every_form_of_a_secret_is_hidden(form: Callable[[str], str], secret: str) -> None:
    mask = Mask([secret])
    written = form(secret)
    hidden = mask.text(f"say {written}.")
    core = written.strip("\"'b").rstrip("=")
    assert core not in hidden
    assert re.fullmatch(r"""say b?["']?\*\*\*=*["']?\.""", hidden)
    stream = mask.stream()
    found = b"".join(stream.feed(bytes([byte])) for byte in written.encode()) + stream.close()
    assert core.encode() not in found


def test_the_password_of_an_address_is_hidden_by_itself() -> None:
    mask = Mask(["postgresql://me:hunter%402@db/x"])
    assert mask.text("me, hunter%402, hunter@2") == "me, ***, ***"
    assert mask.text("postgresql://me:hunter%402@db/x") == "***"
    assert Mask(["http://[broken:hunter2@x"]).text("hunter2") == "hunter2"


def test_a_secret_with_spaces_around_it_is_hidden_without_them() -> None:
    assert Mask([" token\n"]).text("token") == "***"


def test_parameters_that_are_called_like_secrets_are_hidden() -> None:
    parameters = {
        "seed": "visible",
        "db_password": "hunter2",
        "clients": [{"api_key": "abcdefgh", "name": "somebody"}],
        "token": {"id": 12345, "valid": True, "none": None},
    }
    assert sorted(secret_values(parameters)) == ["12345", "abcdefgh", "hunter2"]
    mask = mask_of([], {}, parameters)
    assert mask.text("visible hunter2 abcdefgh 12345 True") == "visible *** *** *** True"
    assert without_secrets(parameters) == {
        "seed": "visible",
        "db_password": "***",
        "clients": [{"api_key": "***", "name": "somebody"}],
        "token": {"id": "***", "valid": "***", "none": None},
    }


@pytest.mark.parametrize("value", ["x" * 500 + "s3cret", {"a": "x" * 200 + "s3cret"}])
def test_an_output_whose_preview_is_too_short_for_its_secret_is_marked(
    tmp_path: Path, value: object
) -> None:
    store = Store(str(tmp_path))
    with hiding(lambda text: text):
        output = artifacts.put(store, value, tmp_path)
    kept = masked_output(store, replace(output, preview="xxx…"), Mask(["s3cret"]))
    assert kept.preview == "xxx… ***"
    assert masked_output(store, output, Mask(["other"])) == output
    assert masked_output(store, output, Mask([])) == output


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
