"""Artifacts: files, elements, damage, and what can't be stored."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lolpop.errors import NotFoundError, StorageError, UnstorableError
from lolpop.storage import Store, artifacts, container
from lolpop.storage.files import Files
from lolpop.storage.preview import preview

HINT = "return what it was made from, or leave it out by `__getstate__`"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Give the working folders of two steps; the first holds some files."""
    writer, reader = tmp_path / "writer", tmp_path / "reader"
    (writer / "out" / "empty").mkdir(parents=True)
    reader.mkdir()
    (writer / "out" / "a.txt").write_text("a")
    (writer / "out" / "run").write_text("b")
    (writer / "out" / "run").chmod(0o755)
    return writer, reader


def test_paths_come_with_their_files(any_store: Store, folders: tuple[Path, Path]) -> None:
    writer, reader = folders
    value = {"f": Path("out/a.txt"), "all": [writer / "out"], "none": Path("no"), "up": Path("..")}
    stored = artifacts.put(any_store, value, writer)
    found = artifacts.get(any_store, stored.digest, reader)
    assert found == {**value, "all": [reader / "out"]}
    assert (reader / "out" / "a.txt").read_text() == "a"
    assert os.access(reader / "out" / "run", os.X_OK)
    assert (reader / "out" / "empty").is_dir()
    assert artifacts.digest(found, reader) == stored.digest


def test_a_path_alone_is_a_file(any_store: Store, folders: tuple[Path, Path]) -> None:
    stored = artifacts.put(any_store, Path("out/a.txt"), folders[0])
    assert (stored.kind, stored.type_name) == ("file", "pathlib.PosixPath")
    assert artifacts.get(any_store, stored.digest, folders[1]) == Path("out/a.txt")


@pytest.mark.parametrize("inner", ["../x", "/etc/x", "a/../../x", "link/x", ""])
def test_no_path_leaves_the_folder_on_reading(tmp_path: Path, inner: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    entry = (inner, False, False, (("", 1, False),))
    with pytest.raises(StorageError) as caught:
        Files(folder, "s").put(entry, SimpleNamespace(sections=[b"", memoryview(b"x")]))  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"the stored path {inner!r} leaves the working folder {str(folder)!r}"
    )
    assert not (tmp_path / "x").exists()


def test_a_link_in_the_way_is_replaced_not_followed(
    store: Store, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    writer, reader = folders
    (tmp_path / "secret").write_text("kept")
    (reader / "out").mkdir()
    (reader / "out" / "a.txt").symlink_to(tmp_path / "secret")
    artifacts.get(store, artifacts.put(store, Path("out/a.txt"), writer).digest, reader)
    assert (tmp_path / "secret").read_text() == "kept"
    assert (reader / "out" / "a.txt").read_text() == "a"


def test_a_pipe_is_no_file(store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnstorableError) as caught:
        artifacts.put(store, [Path("pipe")], tmp_path)
    name = str(tmp_path / "pipe")
    assert str(caught.value) == (
        f"Path({name!r}) can't be stored: it is neither a file nor a folder (Path)"
    )


def test_elements_are_loaded_alone(any_store: Store, tmp_path: Path) -> None:
    value = ([1], {"x": (2, 3), "y": 4}, 5)
    stored = artifacts.put(any_store, value, tmp_path, [(0,), (1, "x"), (-1,), (9,), (1, "no")])
    assert artifacts.get(any_store, stored.digest, tmp_path) == value
    for element in [(0,), (1, "x"), (1, "x", 1), (1, "y"), (-1,), (-2, "x")]:
        wanted: Any = value
        for key in element:
            wanted = wanted[key]
        assert artifacts.get(any_store, stored.digest, tmp_path, element) == wanted
    assert len(artifacts.parts(any_store, stored.digest)) == 3
    with pytest.raises(IndexError):
        artifacts.get(any_store, stored.digest, tmp_path, (7,))


class Client:
    def __init__(self, inner: object) -> None:
        self._sock = inner


def numbers() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("make", "name", "reason"),
    [
        (threading.Lock, "_thread.lock", "cannot pickle '_thread.lock' object"),
        (lambda: open(os.devnull), "_io.TextIOWrapper", "cannot pickle 'TextIOWrapper' object"),  # noqa: PTH123, SIM115
        (numbers, "generator", "cannot pickle 'generator' object"),
        (socket.socket, "socket.socket", "cannot pickle 'socket' object"),
        (threading.Thread, "threading.Thread", "cannot pickle '_thread.lock' object"),
    ],
)
def test_what_cannot_be_stored_is_named(store: Store, make: Any, name: str, reason: str) -> None:
    found = make()
    try:
        with pytest.raises(UnstorableError) as caught:
            artifacts.put(store, {"model": SimpleNamespace(client=Client(found))}, Path("/"))
    finally:
        getattr(found, "close", lambda: None)()
    assert caught.value.path == "result['model'].client._sock"
    assert caught.value.type_name == name
    assert caught.value.hint == HINT
    if sys.version_info[:2] == (3, 11):
        message = f"result['model'].client._sock can't be stored: TypeError: {reason} ({name})"
        assert str(caught.value) == message
    assert store.list() == []


def test_a_missing_artifact(any_store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        artifacts.get(any_store, "0" * 64, tmp_path)
    assert str(caught.value) == f"artifact {'0' * 64} isn't in the storage {any_store.url!r}"


CHANGES: list[Callable[[bytes], bytes]] = [
    lambda data: data[:-1],
    lambda data: b"",
    lambda data: data + b"x",
    lambda data: data.replace(b"json", b"jsom"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_half_written_artifact_is_never_read(
    any_store: Store, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    digest = artifacts.put(any_store, ["content"], tmp_path).digest
    key = container.key_of(digest)
    any_store.write(key, change(any_store.read(key)))
    with pytest.raises(StorageError) as caught:
        artifacts.get(any_store, digest, tmp_path)
    assert str(caught.value) == (
        f"artifact {digest} in the storage {any_store.url!r} is damaged:"
        " its header or its size is wrong"
    )


def test_content_that_crossed_a_network_is_verified(s3_store: Store, tmp_path: Path) -> None:
    digest = artifacts.put(s3_store, ["content"], tmp_path).digest
    assert artifacts.get(s3_store, digest, tmp_path) == ["content"]
    key = container.key_of(digest)
    s3_store.write(key, s3_store.read(key).replace(b"content", b"CONTENT"))
    with pytest.raises(StorageError, match=r"is damaged: its content has another digest$"):
        artifacts.get(s3_store, digest, tmp_path)


def test_many_may_write_the_same_content_at_once(store: Store, tmp_path: Path) -> None:
    value = [b"x" * 3_000_000, "y"]
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(artifacts.put(store, value, tmp_path).digest))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == len(store.list()) == 1
    assert artifacts.get(store, found[0], tmp_path) == value


def test_what_cannot_be_loaded_here(store: Store, tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]); import vanished; from pathlib import Path;"
        "from lolpop.storage import Store, artifacts;"
        "print(artifacts.put(Store(sys.argv[1]), vanished.Thing(), Path('/tmp')).digest)"
    )
    (tmp_path / "vanished.py").write_text("class Thing: pass\n")
    command = [sys.executable, "-c", script, store.url, str(tmp_path)]
    digest = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    with pytest.raises(StorageError) as caught:
        artifacts.get(store, digest, tmp_path)
    assert str(caught.value) == (
        f"artifact {digest} can't be loaded: ModuleNotFoundError: No module named 'vanished'"
    )


def test_plain_values_import_no_library(store: Store) -> None:
    script = (
        "import sys; from pathlib import Path; from lolpop.storage import Store, artifacts;"
        "artifacts.put(Store(sys.argv[1]), (1, {'a': b'x'}), Path('/tmp'));"
        "print({'numpy', 'pandas', 'pyarrow', 'cloudpickle', 'fsspec'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, store.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


class Rude:
    shape = (1,)

    @property
    def columns(self) -> None:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None]}, "{'a': [1, None]}"),
        (SimpleNamespace(shape=(2, 3), dtype="f8"), "SimpleNamespace 2 x 3 f8"),
        (SimpleNamespace(shape=(2, 2), columns=["a", 1]), "SimpleNamespace 2 x 2: a, 1"),
        (SimpleNamespace(shape=()), "SimpleNamespace scalar"),
        (Rude(), f"{__name__}.Rude (its repr raises RuntimeError)"),
    ],
)
def test_a_preview(value: Any, text: str) -> None:
    assert preview(value) == text


def test_a_preview_is_short() -> None:
    assert len(preview("x" * 10**6)) == 120
    assert len(preview([["y" * 200] * 8] * 8)) == 300
