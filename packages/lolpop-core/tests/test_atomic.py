"""Files that a command writes appear whole, or what was there before stays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE

import pytest

from lolpop import atomic
from lolpop.errors import UsageError
from lolpop.history.forms import take
from lolpop.history.outputs import Loaded
from lolpop.pictures.saving import save
from lolpop.scaffolding.writing import write
from lolpop.storage import Store
from lolpop.storage.access import GROUP

LARGE = "x" * 1_000_000


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process become longer than some bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_there_is_replaced_at_once(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    target.chmod(0o640)
    with atomic.replacing(target) as draft:
        draft.write_text("new")
        assert draft.suffix == ".txt"
        assert target.read_text() == "old"
    assert (target.read_text(), S_IMODE(target.stat().st_mode)) == ("new", 0o640)
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("old", ["old", None])
def test_what_fails_leaves_what_was_there(tmp_path: Path, old: str | None) -> None:
    target = tmp_path / "a"
    if old:
        target.write_text(old)
    with suppress(ValueError), atomic.replacing(target) as draft:
        draft.write_text("half")
        raise ValueError
    assert names(tmp_path) == (["a"] if old else [])
    assert not old or target.read_text() == old


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    atomic.write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_folder_appears_whole_too(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "folder") as draft:
        draft.mkdir()
        (draft / "a").touch()
        assert names(tmp_path) == [draft.name]
    assert names(tmp_path / "folder") == ["a"]
    with suppress(ValueError), atomic.replacing(tmp_path / "other") as draft:
        draft.mkdir()
        raise ValueError
    assert names(tmp_path) == ["folder"]


def test_a_device_and_a_pipe_are_written_to(tmp_path: Path) -> None:
    atomic.write(Path("/dev/null"), b"x")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        atomic.write(pipe, b"through")
        assert reader.communicate(timeout=10)[0] == b"through"


def test_standard_output_can_be_written_to(tmp_path: Path) -> None:
    code = "from pathlib import Path; from lolpop import atomic; "
    code += "atomic.write(Path('/dev/stdout'), b'said')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"said"
    with (tmp_path / "file").open("ab") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
        file.write(b" more")
    assert (tmp_path / "file").read_bytes().endswith(b" more")


@pytest.mark.parametrize("old", ["old", None])
def test_a_page_on_a_full_disk(tmp_path: Path, old: str | None) -> None:
    place = tmp_path / "page.html"
    if old:
        place.write_text(old)
    with full_disk(), pytest.raises(UsageError) as caught:
        save(LARGE, place)
    assert caught.value.message == f"can't write {str(place)!r}: File too large"
    assert caught.value.hint == "name another file with -o"
    assert names(tmp_path) == (["page.html"] if old else [])
    assert not old or place.read_text() == old


def test_a_page_in_the_storage_is_as_the_rest_of_it(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "s"), GROUP)
    place = tmp_path / "s" / "graphs" / "x.html"
    assert save("page", place, store) == place.as_uri()
    assert (place.read_text(), S_IMODE(place.stat().st_mode)) == ("page", 0o660)
    assert (tmp_path / "s" / ".gitignore").exists()
    assert save("page", tmp_path / "x.html", store) == (tmp_path / "x.html").as_uri()


@pytest.mark.parametrize("value", [LARGE, LARGE.encode(), {LARGE}, [LARGE]])
def test_an_output_on_a_full_disk(tmp_path: Path, value: object) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    with full_disk(), pytest.raises(UsageError) as caught:
        take(Loaded(value, tmp_path / "files"), target, tmp_path)
    assert caught.value.message == f"can't write {str(target)!r}: File too large"
    assert (names(tmp_path), target.read_text()) == (["out"], "old")


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_a_table_on_a_full_disk(tmp_path: Path, suffix: str) -> None:
    import pandas as pd

    target = tmp_path / f"out{suffix}"
    frame = pd.DataFrame({"a": range(100_000)})
    with full_disk(), pytest.raises(UsageError, match="can't write"):
        take(Loaded(frame, tmp_path / "files"), target, tmp_path)
    assert names(tmp_path) == []


def test_files_on_a_full_disk(tmp_path: Path) -> None:
    source = tmp_path / "files"
    (source / "made").mkdir(parents=True)
    (source / "made" / "a").write_text("small")
    (source / "made" / "b").write_text(LARGE)
    with full_disk(), pytest.raises(UsageError, match="can't write"):
        take(Loaded(Path("made"), source), tmp_path / "out", tmp_path)
    assert names(tmp_path) == ["files"]
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "b").write_text("old")
    with full_disk(), pytest.raises(UsageError, match="can't write"):
        take(Loaded(Path("made"), source), tmp_path / "there", tmp_path)
    assert (tmp_path / "there" / "b").read_text() == "old"


def test_a_scaffold_on_a_full_disk(tmp_path: Path) -> None:
    files = {"a.py": "small", "b/c.py": LARGE}
    with full_disk(), pytest.raises(UsageError) as caught:
        write(tmp_path, files, hint="name another")
    assert caught.value.message == f"can't write to {str(tmp_path)!r}: File too large"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_written_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(file) or fsync(file))
    atomic.write(tmp_path / "a", b"x")
    assert len(synced) == 1
