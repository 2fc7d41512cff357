"""Asides are parted from what is printed, wherever the stream is cut."""

from __future__ import annotations

import pytest

from lolpop.execution import asides
from lolpop.execution.asides import Asides

PRINTED = b"one\n\x1e::group::a\ntwo\n\x1e::endgroup::\nthree"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_wherever_the_chunks_end(size: int) -> None:
    parted = Asides()
    chunks = [PRINTED[start : start + size] for start in range(0, len(PRINTED), size)]
    given = [parted.feed(chunk) for chunk in chunks]
    rest = parted.close()
    assert b"".join(engine for engine, _ in given) + rest == (
        b"one\n::group::a\ntwo\n::endgroup::\nthree"
    )
    assert b"".join(record for _, record in given) + rest == b"one\ntwo\nthree"


def test_what_only_begins_like_one_is_kept() -> None:
    parted = Asides()
    assert parted.feed(b"sep\x1earated") == (b"sep", b"sep")
    assert parted.close() == b"\x1earated"
    assert parted.close() == b""


def test_outside_of_a_step_nobody_hears(capfd: pytest.CaptureFixture[str]) -> None:
    assert not asides.heard()
    asides.aside("nothing")
    assert capfd.readouterr().out == ""


def test_a_line_is_one_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asides, "_heard", True)
    print("before", end="")
    asides.aside("two\nlines")
    assert capfd.readouterr().out == "before\x1etwo lines\n"
