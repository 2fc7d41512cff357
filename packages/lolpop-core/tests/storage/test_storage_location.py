"""A folder, a URL and a bucket behave alike, and say what is wrong."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lolpop.errors import NotFoundError, StorageError, UsageError
from lolpop.storage import Store
from lolpop.storage.names import encoded


def _use(store: Store) -> None:
    store.write("a/1", b"one")
    store.write("a/1", b"two")
    assert store.create("a/b/2", b"first") is True
    assert store.create("a/b/2", b"second") is False
    assert (store.read("a/1"), store.read("a/b/2")) == (b"two", b"first")
    assert store.list() == store.list("a") == ["a/1", "a/b/2"]
    assert store.names("a") == ("1", "b")
    assert store.names("none") == () == store.names("none/deeper")
    assert store.list("none") == []
    assert (store.exists("a/1"), store.exists("a"), store.size("a/1")) == (True, False, 3)
    assert -2 < store.age("a/1") < 60
    store.delete("a/1")
    store.delete("a/1")
    assert store.list() == ["a/b/2"]


def test_what_a_store_does(any_store: Store) -> None:
    _use(any_store)


def test_what_a_bucket_does(s3_store: Store) -> None:
    _use(s3_store)


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}/s")
    store.write("k", b"v")
    assert store.is_local
    assert store.local_path("k") == tmp_path / "s" / "k"


def test_a_url_has_no_local_path() -> None:
    store = Store("memory://x")
    assert (store.is_local, store.local_path("k"), repr(store)) == (
        False,
        None,
        "Store('memory://x')",
    )


def test_a_missing_key(any_store: Store) -> None:
    with pytest.raises(NotFoundError) as caught:
        any_store.read("no/such")
    assert str(caught.value) == f"'no/such' isn't in the storage {any_store.url!r}"


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a//b", "a/./b", "a/..", "a\0b"])
def test_a_key_that_leaves_the_storage(store: Store, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        store.write(key, b"")
    assert str(caught.value) == f"{key!r} isn't a key of the storage"


def test_a_relative_folder() -> None:
    with pytest.raises(UsageError) as caught:
        Store("some/folder")
    message = "the storage 'some/folder' is neither an absolute path nor a URL"
    assert str(caught.value) == message


def test_a_storage_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(StorageError) as caught:
        Store(str(tmp_path / "s")).write("k", b"")
    url = str(tmp_path / "s")
    assert str(caught.value) == (
        f"the storage {url!r} can't be used from host {socket.gethostname()!r}:"
        f" NotADirectoryError: [Errno 20] Not a directory: '{url}/tmp'"
    )
    assert caught.value.hint == "see that it exists and that this host may use it"
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("url", "has_password"),
    [
        ("memory://me:secret@place/x", True),
        ("memory://:secret@place", True),
        ("memory://me@place/x", False),
        ("memory://place:21/a:b@c", False),
        ("file:///a:b@c", False),
        ("/a:b@c", False),
    ],
)
def test_a_password_in_a_url(url: str, has_password: bool) -> None:
    assert Store(url).has_password == has_password


def test_a_protocol_that_nobody_knows() -> None:
    with pytest.raises(StorageError) as caught:
        Store("nosuch://me:secret@place/x")
    host = socket.gethostname()
    assert caught.value.facts() == {
        "type": "StorageError",
        "message": f"the storage 'nosuch://***@place/x' can't be used from host {host!r}:"
        " ValueError: Protocol not known: nosuch",
        "hint": "see that it exists and that this host may use it",
        "url": "nosuch://***@place/x",
    }


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("manual__2024-01-01T00:00:00+00:00", "manual__2024-01-01T00%3A00%3A00%2B00%3A00"),
        ("a/b", "a%2Fb"),
        ("..", "%2E."),
        ("", "~"),
        ("~", "%7E"),
        ("é", "%C3%A9"),
    ],
)
def test_a_name_as_part_of_a_key(name: str, part: str) -> None:
    assert encoded(name) == part


def test_long_names_stay_apart() -> None:
    one, two = encoded("é" * 300 + "1"), encoded("é" * 300 + "2")
    assert one != two
    assert len(one) == len(two) == 200
