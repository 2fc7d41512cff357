"""Caches stand where they can be written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from lolpop.package.caches import cache_folder, uv_variables
from lolpop.storage import Store


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_CACHE_DIR", "UV_NO_CACHE"):
        monkeypatch.delenv(name, raising=False)


def test_the_user_s_cache_is_taken_where_it_takes_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder(Store(str(tmp_path / "storage"))) == tmp_path / "user" / "lolpop"
    assert "UV_CACHE_DIR" not in uv_variables()
    assert uv_variables()["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_else_a_folder_beside_the_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(variable, "/dev/null")
    store = Store(str(tmp_path / "storage"))
    assert cache_folder(store) == tmp_path / "storage" / "cache"
    assert uv_variables(store)["UV_CACHE_DIR"] == str(tmp_path / "storage" / "cache" / "uv")


def test_else_a_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = tmp_path / f"lolpop-{os.getuid()}"
    assert cache_folder() == cache_folder(Store("memory://caches")) == place
    assert uv_variables()["UV_CACHE_DIR"] == str(place / "uv")


def test_a_temporary_one_that_others_write_to_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = tmp_path / f"lolpop-{os.getuid()}"
    place.mkdir()
    place.chmod(0o777)
    found = cache_folder()
    assert found != place
    assert found.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["UV_CACHE_DIR", "UV_NO_CACHE"])
def test_what_uv_is_told_holds(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.setenv(name, "1")
    assert uv_variables()[name] == "1"
    assert len(uv_variables().keys() & {"UV_CACHE_DIR", "UV_NO_CACHE"}) == 1
