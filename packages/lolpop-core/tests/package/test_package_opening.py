"""What comes out of a package, and archives that are refused."""

from __future__ import annotations

import errno
import io
import json
import multiprocessing
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import Manifest, from_json
from lolpop.errors import ContractError, HostilePackageError, NotFoundError, PackageError
from lolpop.package.archive import digest_of, key_of, write_zip
from lolpop.package.building import adopt
from lolpop.package.lock import platform_name, python_version
from lolpop.package.opening import read_manifest, refuse_foreign, unpack
from lolpop.storage import Store

CONTENT = b"print('hello')\n"
CONFIG = b"runner: Flow\n"
HERE = (python_version(), platform_name())


def manifest(**changes: Any) -> dict[str, Any]:
    config = {"path": "config.yaml", "size": len(CONFIG), "digest": digest_of(CONFIG)}
    described = {"path": "project/a.py", "size": len(CONTENT), "digest": digest_of(CONTENT)}
    return {
        "runner": "flow:Flow",
        "entrypoint": "run",
        "parameters": {},
        "graph": {"steps": []},
        "config": {},
        "files": [config, described],
        "python": HERE[0],
        "platform": HERE[1],
        **changes,
    }


def archive(data: Any = None, **further: bytes) -> bytes:
    """Make a package by hand, with further entries by name."""
    buffer = io.BytesIO()
    written = json.dumps(manifest() if data is None else data).encode()
    entries = {"manifest.json": written, "config.yaml": CONFIG, "project/a.py": CONTENT}
    entries |= further
    write_zip(buffer, ((name, content, False) for name, content in entries.items()))
    return buffer.getvalue()


def entry(name: str, **attributes: Any) -> bytes:
    """Make a package with one more entry, whose description is changed as asked."""
    buffer = io.BytesIO(archive())
    with zipfile.ZipFile(buffer, "a") as found:
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o100644 << 16
        for key, value in attributes.items():
            setattr(info, key, value)
        found.writestr(info, b"x" * 100)
    return buffer.getvalue()


def refusal(content: bytes, tmp_path: Path) -> str:
    """Give what is said of an archive that comes as a file; nothing of it may be stored."""
    file = tmp_path / "package.zip"
    file.write_bytes(content)
    store = Store(str(tmp_path / "storage"))
    with pytest.raises(HostilePackageError) as caught:
        adopt(file, store)
    assert store.list() == []
    assert caught.value.hint is None
    return caught.value.message.removeprefix("the file isn't a package: ")


def test_an_archive_made_by_hand_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "package.zip"
    file.write_bytes(archive())
    store = Store(str(tmp_path / "storage"))
    package = adopt(file, store)
    assert (package.size, package.manifest.runner) == (len(archive()), "flow:Flow")
    opened = unpack(store, package.digest, tmp_path / "cache")
    assert (opened.project / "a.py").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "name",
    [
        *("../a", "project/../../a", "/etc/a", "project//a", "./a", "project/", "", "C:/a"),
        *("project\\a", "..\\a", "c:a", "project/a\nb", "project/."),
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    expected = f"the name {name!r} leaves the folder, or isn't portable"
    assert refusal(entry(name), tmp_path) == expected


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 256, "a name in it has 256 bytes, more than 255"),
        ("é" * 128 + "/a", "a name in it has 256 bytes, more than 255"),
        ("/".join(["x" * 255] * 12), "it has 3079 bytes, more than 3000"),
        ("x/" * 200 + "x", "it lies in 201 folders, more than 200"),
    ],
)
def test_a_name_that_no_disk_takes_is_refused(name: str, why: str, tmp_path: Path) -> None:
    shown = repr(f"…{f'project/{name}'[-60:]}") if len(name) > 247 else repr(f"project/{name}")
    assert refusal(entry(f"project/{name}"), tmp_path) == f"{shown} can't be unpacked: {why}"


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("project/a.py", ["project/a.py/b"]),
        ("wheels", ["wheels", "wheels/deep/a"]),
        ("manifest.json", ["manifest.json/a"]),
    ],
)
def test_a_file_that_is_a_folder_too_is_refused(
    file: str, names: list[str], tmp_path: Path
) -> None:
    found = refusal(archive(**dict.fromkeys(names, b"")), tmp_path)
    assert found == f"{file!r} is a file, and {names[-1]!r} lies in it"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, 0])
def test_a_link_or_another_special_file_is_refused(kind: int, tmp_path: Path) -> None:
    found = refusal(entry("project/b", external_attr=(kind | 0o777) << 16), tmp_path)
    assert found == "'project/b' is a link, or no ordinary file"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    assert refusal(entry("project/a.py"), tmp_path) == "'project/a.py' is in it twice"


def test_a_name_that_the_manifest_lacks_is_refused(tmp_path: Path) -> None:
    assert refusal(entry("project/b"), tmp_path) == "'project/b' isn't in its manifest"


def test_a_compressed_entry_is_refused(tmp_path: Path) -> None:
    found = refusal(entry("project/b", compress_type=zipfile.ZIP_DEFLATED), tmp_path)
    assert found == "'project/b' is compressed"


def test_more_bytes_than_the_archive_has_are_refused(tmp_path: Path) -> None:
    content = archive()
    claimed = struct.pack("<II", 2**31, 2**31)
    directory = content.rindex(b"PK\x01\x02")  # the line of project/a.py in the directory
    bomb = content[: directory + 20] + claimed + content[directory + 28 :]
    (size,) = struct.unpack("<I", content[content.index(b"PK\x03\x04") + 18 :][:4])
    expected = f"its files claim {2**31 + size + len(CONFIG)} bytes, more than it has: 3 of them"
    assert refusal(bomb, tmp_path) == expected


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    big = {f"project/{number}": CONTENT * 1000 for number in range(20)}
    content = archive(**big)
    start = content.index(b"PK\x03\x04", content.index(CONTENT * 1000))
    end = content.index(b"PK\x01\x02")
    bomb = content[:start] + content[end:]
    directory = len(content[:start])
    tail = struct.pack("<II", len(content) - end - 22, directory)
    bomb = bomb[:-10] + tail + bomb[-2:]
    found = refusal(bomb, tmp_path)
    assert "bytes, more than it has" in found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"size": 3}, "'project/a.py' has 15 bytes, its manifest says 3"),
        ({"digest": "0" * 64}, "'project/a.py' has other content than its manifest says"),
        ({"path": "project/b.py"}, "'project/a.py' isn't in its manifest"),
        ({"path": "manifest.json"}, "its manifest lists 'manifest.json' twice"),
    ],
)
def test_what_is_not_as_the_manifest_says_is_refused(
    changes: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    data = manifest()
    data["files"][1] |= changes
    assert refusal(archive(data), tmp_path) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([], "its 'manifest.json' isn't a manifest: Manifest: expected an object, found []"),
        (
            manifest(files=[*manifest()["files"], *manifest()["files"]]),
            "its manifest lists 'config.yaml' twice",
        ),
        (
            manifest(files=[*manifest()["files"], {"path": "b", "size": 1, "digest": ""}]),
            "'b' is missing",
        ),
        (manifest(files=manifest()["files"][1:]), "'config.yaml' isn't in its manifest"),
        (manifest(roots=["a.py"]), "'project/a.py' is a file, and imports start in it"),
        (manifest(roots=["a.py/src"]), "'project/a.py' is a file, and imports start in it"),
        (manifest(local_file="b.py"), "'project/b.py' is missing"),
        (
            manifest(lock=[{"name": "a", "version": "1", "wheel": "/etc/a.whl"}]),
            "its lock names the wheel '/etc/a.whl', which isn't in it",
        ),
        (
            manifest(lock=[{"name": "a", "version": "1", "wheel": "project/a.py"}]),
            "its lock names the wheel 'project/a.py', which isn't in it",
        ),
        (
            manifest(lock=[{"name": "a", "version": "1\n--index-url x"}]),
            "its lock names 'a' '1\\n--index-url x'",
        ),
        (manifest(roots=["../x"]), "the name '../x' leaves the folder, or isn't portable"),
        (manifest(local_file="/x.py"), "the name '/x.py' leaves the folder, or isn't portable"),
    ],
)
def test_a_manifest_that_can_be_none_is_refused(data: Any, expected: str, tmp_path: Path) -> None:
    assert refusal(archive(data), tmp_path) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"text", "File is not a zip file"),
        (archive()[:-30], "File is not a zip file"),
        (archive().replace(b"manifest.json", b"manifest.txt_"), "it has no 'manifest.json'"),
        (archive(**{"manifest.json": b"{"}), "its 'manifest.json' isn't JSON"),
        (archive(**{"manifest.json": b"[" * 200_000}), "its 'manifest.json' isn't JSON"),
    ],
)
def test_what_is_no_package_is_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    assert refusal(content, tmp_path) == expected


def test_an_enormous_manifest_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lolpop.package.verification._LARGEST_MANIFEST", 10)
    size = len(json.dumps(manifest()))
    assert refusal(archive(), tmp_path) == f"its 'manifest.json' has {size} bytes"


def test_a_package_without_its_configuration_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    data = manifest(files=[])
    write_zip(buffer, [("manifest.json", json.dumps(data).encode(), False)])
    assert refusal(buffer.getvalue(), tmp_path) == "it has no 'config.yaml'"


def test_names_that_this_disk_takes_for_one_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, digest = stored(tmp_path, manifest())
    monkeypatch.setattr("lolpop.package.opening.MANIFEST", "project/a.py")
    with pytest.raises(HostilePackageError) as caught:
        unpack(store, digest, tmp_path / "cache")
    assert caught.value.message.endswith(
        "can't unpack 'project/a.py': this disk takes its name for that of another file"
    )
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_that_cannot_be_unpacked_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, digest = stored(tmp_path, manifest())

    def chmod(path: Path, mode: int) -> None:
        if path.is_file():
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "chmod", chmod)
    with pytest.raises(PackageError) as caught:
        unpack(store, digest, tmp_path / "cache")
    assert caught.value.message == "can't unpack 'config.yaml': No space left on device"
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        adopt(tmp_path / "none.zip", Store(str(tmp_path / "storage")))
    assert caught.value.message == (
        f"can't read {str(tmp_path / 'none.zip')!r}: No such file or directory"
    )


def test_a_package_of_a_newer_format_says_so(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, manifest(schema_version=99))
    with pytest.raises(ContractError) as caught:
        read_manifest(store, digest)
    assert caught.value.message == (
        "the package has schema version 99, this lolpop-core reads up to 1"
    )


def stored(tmp_path: Path, data: dict[str, Any]) -> tuple[Store, str]:
    """Store an archive as it is, under the digest of its manifest."""
    store = Store(str(tmp_path / "storage"))
    digest = digest_of(json.dumps(data).encode())
    store.write(key_of(digest), archive(data))
    return store, digest


def test_a_package_under_the_digest_of_another_is_refused(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, manifest())
    store.write(key_of("0" * 64), store.read(key_of(digest)))
    for read in (lambda: read_manifest(store, "0" * 64), lambda: unpack(store, "0" * 64, tmp_path)):
        with pytest.raises(HostilePackageError) as caught:
            read()
        assert caught.value.message == (
            f"package 000000000000 in {store.url!r} isn't a package: its digest is {digest}"
        )


def test_a_package_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "storage"))
    with pytest.raises(NotFoundError) as caught:
        unpack(store, "0" * 64, tmp_path / "cache")
    assert caught.value.message == f"there is no package {'0' * 64!r} in {store.url!r}"
    assert caught.value.hint == ("`lolpop deployment package` makes it again from the same content")


@pytest.mark.parametrize("changes", [{"python": "3.7"}, {"platform": "win32"}])
def test_a_package_of_another_python_or_platform_is_refused(
    changes: dict[str, str], tmp_path: Path
) -> None:
    store, digest = stored(tmp_path, manifest(**changes))
    made = {"python": HERE[0], "platform": HERE[1], **changes}
    with pytest.raises(PackageError) as caught:
        unpack(store, digest, tmp_path / "cache")
    assert caught.value.message == (
        f"the package was made with Python {made['python']} on {made['platform']},"
        f" this is Python {HERE[0]} on {HERE[1]}"
    )
    assert caught.value.hint == (
        "package again with the Python, and on the platform, that run the steps"
    )
    assert not (tmp_path / "cache").exists()
    assert read_manifest(store, digest).python == made["python"]


def test_nothing_is_left_of_an_archive_that_is_refused_half_way(tmp_path: Path) -> None:
    data = manifest()
    data["files"][0]["digest"] = "0" * 64
    store, digest = stored(tmp_path, data)
    with pytest.raises(HostilePackageError):
        unpack(store, digest, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_unpacked_package_is_used_again(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, manifest())
    first = unpack(store, digest, tmp_path / "cache")
    store.delete(key_of(digest))
    assert unpack(store, digest, tmp_path / "cache") == first


def test_empty_roots_are_there_after_unpacking(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, manifest(roots=["src", "."]))
    assert (unpack(store, digest, tmp_path / "cache").project / "src").is_dir()


def test_a_package_in_a_remote_storage_is_unpacked(tmp_path: Path) -> None:
    store = Store("memory://packages-of-a-test")
    file = tmp_path / "package.zip"
    file.write_bytes(archive())
    package = adopt(file, store)
    assert package.url == f"memory://packages-of-a-test/packages/{package.digest}.zip"
    opened = unpack(store, package.digest, tmp_path / "cache")
    assert (opened.project / "a.py").read_bytes() == CONTENT


def _open(url: str, digest: str, cache: Path, found: Any) -> None:
    opened = unpack(Store(url), digest, cache)
    found.put((opened.project / "a.py").read_bytes())


def test_many_processes_unpack_at_once(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, manifest())
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    arguments = (store.url, digest, tmp_path / "cache", found)
    processes = [context.Process(target=_open, args=arguments) for _ in range(8)]
    for process in processes:
        process.start()
    assert [found.get(timeout=30) for _ in processes] == [CONTENT] * 8
    for process in processes:
        process.join()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [digest]


def test_a_manifest_of_this_python_and_platform_is_at_home() -> None:
    refuse_foreign(from_json(Manifest, manifest()))
