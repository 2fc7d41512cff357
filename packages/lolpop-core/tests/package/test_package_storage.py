"""Where a project's storage is, and whose: as the configuration says it."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from lolpop.config.document import load
from lolpop.errors import ConfigError
from lolpop.package.standard import storage_of, store_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(text: str, *overrides: str) -> Any:
    Path("lolpop.yaml").write_text(text)
    return load(("lolpop.yaml",), overrides)


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", ".lolpop"),
        ("storage:", ".lolpop"),
        ("storage: a/b", "a/b"),
        ("storage: {url: a/b}", "a/b"),
        ("storage: {url: a/b, mode: group}", "a/b"),
        ("storage: {mode: group}", ".lolpop"),
        ("storage: {url: '${env:PLACE}'}", "of the environment"),
    ],
)
def test_where_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, url: str) -> None:
    monkeypatch.setenv("PLACE", "of the environment")
    assert storage_of(document(text)) == str(folder / url)


def test_whose_it_is(folder: Path) -> None:
    store_of(document("storage: a")).write("k", b"")
    store_of(document("storage: {url: b, mode: private}")).write("k", b"")
    store_of(document("storage: {url: c, mode: group}")).write("k", b"")
    assert [mode(folder / name) for name in "abc"] == [0o700, 0o700, 0o2770]
    store_of(document("storage: c")).write("other", b"")
    assert mode(folder / "c" / "other") == 0o660


def test_looking_at_a_storage_changes_nothing_of_it(folder: Path) -> None:
    store_of(document("storage: a")).write("k", b"")
    shared = store_of(document("storage: a", "storage.mode=group", "storage.url=a"))
    assert shared.read("k") == b""
    assert mode(folder / "a") == 0o700
    shared.write("k", b"")
    assert mode(folder / "a") == 0o2770


def test_a_url_has_no_mode(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        store_of(document("storage:\n  url: memory://x\n  mode: group\n"))
    (problem,) = caught.value.problems
    assert str(problem) == (
        "lolpop.yaml:3:3: storage.mode: a mode is for a folder, and the storage is a URL"
    )
    assert problem.hint == "leave it out: who may use a URL is said where it is served"
