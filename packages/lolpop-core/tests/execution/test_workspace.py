"""Working folders are private copies, made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from lolpop.execution.workspace import Workspaces


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "deep" / "empty").mkdir(parents=True)
    (folder / "deep" / "script.sh").write_text("#!/bin/sh\n")
    (folder / "deep" / "script.sh").chmod(0o755)
    (folder / "data.bin").write_bytes(bytes(range(256)) * 10_000)
    (folder / "nothing").touch()
    return folder


def content(folder: Path) -> dict[str, object]:
    return {
        path.relative_to(folder).as_posix(): path.is_file()
        and (path.read_bytes(), path.stat().st_mode)
        for path in folder.rglob("*")
    }


def test_copies_are_whole_and_private(source: Path, tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    spaces = Workspaces(source, tmp_path / "room")
    before = content(source)
    first, second = spaces.take(), spaces.take()
    assert content(first) == content(second) == before
    (first / "data.bin").write_bytes(b"changed")
    assert content(second) == content(source) == before
    spaces.close()
    assert list((tmp_path / "room").iterdir()) == []


def test_the_next_one_is_prepared_while_one_is_in_use(source: Path, tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    spaces = Workspaces(source, tmp_path / "room")
    first = spaces.take()
    spaces.prepare()
    assert len(list((tmp_path / "room").iterdir())) == 2
    second = spaces.take()
    assert first.exists()
    spaces.prepare()
    assert not first.exists()
    assert second.exists()
    spaces.close()
