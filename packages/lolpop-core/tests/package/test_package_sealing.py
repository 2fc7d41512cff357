"""What was deployed is what runs: an unpacked package that was changed is unpacked anew."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from lolpop.errors import HostilePackageError, NotFoundError, PackageError
from lolpop.package import sealing
from lolpop.package.archive import key_of
from lolpop.package.opening import Opened, unpack
from lolpop.storage.access import GROUP
from lolpop.storage.location import Store

FILE = "project/flow.py"


@pytest.fixture
def opened(project: Any) -> Opened:
    project.write("data/table.csv", "1,2\n")
    return reopen(project, project.package().digest)


def reopen(project: Any, digest: str) -> Opened:
    return unpack(project.store, digest, project.cache)


def content(folder: Path) -> dict[str, Any]:
    """Read all of an unpacked package; what is compiled holds where it was."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    del found["seal.json"]
    return {name: path.is_symlink() or _read(path) for name, path in found.items()}


def _read(path: Path) -> Any:
    return path.read_bytes() if path.is_file() and path.suffix != ".pyc" else path.is_file()


def edit(folder: Path) -> None:
    """Change one byte, and let size, time and inode be as they were."""
    path = folder / FILE
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"#")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def add(folder: Path) -> None:
    (folder / "project" / "sitecustomize.py").write_text("raise SystemExit")


def add_to_what_is_compiled(folder: Path) -> None:
    (folder / "project" / "__pycache__" / "evil.cpython-311.pyc").write_bytes(b"")


def add_folder(folder: Path) -> None:
    (folder / "project" / "numpy").mkdir()


def remove(folder: Path) -> None:
    (folder / "project" / "data" / "table.csv").unlink()


def put_link(folder: Path) -> None:
    path = folder / FILE
    elsewhere = folder.parent / "elsewhere.py"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)


def link_folder(folder: Path) -> None:
    shutil.move(folder / "project" / "data", folder.parent / "data")
    (folder / "project" / "data").symlink_to(folder.parent / "data")


def change_what_is_compiled(folder: Path) -> None:
    (path,) = (folder / "project" / "__pycache__").glob("flow.*.pyc")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def make_executable(folder: Path) -> None:
    (folder / FILE).chmod(0o755)


def change_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def change_configuration(folder: Path) -> None:
    (folder / "config.yaml").write_text("runner: other:Runner\n")


def seal_anew(folder: Path) -> None:
    edit(folder)
    sealing.seal(folder)


def seal_an_added_file(folder: Path) -> None:
    add(folder)
    sealing.seal(folder)


def drop_seal(folder: Path) -> None:
    (folder / "seal.json").unlink()


def damage_seal(folder: Path) -> None:
    (folder / "seal.json").write_text("[]")


def replace_by_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def replace_by_link(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "change",
    [
        *(edit, add, add_to_what_is_compiled, add_folder, remove, put_link, link_folder),
        *(change_what_is_compiled, make_executable, change_manifest, change_configuration),
        *(seal_anew, seal_an_added_file, drop_seal, damage_seal),
        *(replace_by_file, replace_by_link),
    ],
)
def test_what_was_changed_is_unpacked_anew(
    project: Any, opened: Opened, change: Callable[[Path], None]
) -> None:
    expected = content(opened.folder)
    mode = S_IMODE((opened.folder / FILE).stat().st_mode)
    change(opened.folder)
    again = reopen(project, opened.digest)
    assert again == opened
    assert content(again.folder) == expected
    assert not again.folder.is_symlink()
    assert S_IMODE((again.folder / FILE).stat().st_mode) == mode
    assert [path.name for path in again.folder.parent.glob(".*")] == []


def test_a_change_of_a_package_that_is_gone_is_an_error(project: Any, opened: Opened) -> None:
    project.store.delete(key_of(opened.digest))
    assert reopen(project, opened.digest) == opened
    edit(opened.folder)
    with pytest.raises(NotFoundError):
        reopen(project, opened.digest)


def test_what_cannot_be_moved_away_is_refused(
    project: Any, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(opened.folder)

    def rename(path: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(PackageError) as caught:
        reopen(project, opened.digest)
    folder = str(opened.folder)
    assert caught.value.message == (
        f"the unpacked package in {folder!r} was changed, and can't be moved away:"
        " Permission denied"
    )
    assert caught.value.hint == f"delete it, it is unpacked again: rm -r '{folder}'"


def test_what_changes_while_it_is_unpacked_is_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = project.package().digest
    monkeypatch.setattr("lolpop.package.opening.holds", lambda *_: False)
    with pytest.raises(HostilePackageError) as caught:
        reopen(project, digest)
    assert caught.value.message == (
        f"the unpacked package in {str(project.cache / digest)!r} was changed just after it was"
        " unpacked"
    )
    assert caught.value.hint == "see what else writes there"


def test_a_copy_of_the_same_content_is_used(project: Any, opened: Opened) -> None:
    before = (opened.folder / FILE).stat().st_ino
    copy = opened.folder.with_name("copy")
    shutil.copytree(opened.folder, copy)
    shutil.rmtree(opened.folder)
    copy.rename(opened.folder)
    inode = (opened.folder / FILE).stat().st_ino
    assert reopen(project, opened.digest) == opened
    assert (opened.folder / FILE).stat().st_ino == inode != before
    marks = json.loads((opened.folder / "seal.json").read_text())["marks"]
    assert marks[FILE][-1] == inode


def test_what_is_the_same_is_not_hashed_again(
    project: Any, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_digest", lambda path: pytest.fail(f"hashed {path}"))
    assert reopen(project, opened.digest) == opened


def test_what_brings_its_own_compiled_files_is_opened(project: Any) -> None:
    compiled = f"__pycache__/flow.{sys.implementation.cache_tag}.pyc"
    project.write(compiled, "stale")
    project.yaml("package: {include: ['__pycache__/*']}")
    digest = project.package().digest
    assert reopen(project, digest) == reopen(project, digest)


def test_looking_takes_no_longer_than_a_millisecond_or_two(project: Any) -> None:
    for number in range(20):
        project.write(f"part_{number}.py", "x = 1\n" * 500)
    digest = project.package().digest
    reopen(project, digest)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        reopen(project, digest)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005


def test_in_a_shared_storage_the_group_may_use_what_is_unpacked(
    project: Any, tmp_path: Path
) -> None:
    project.store = Store(str(tmp_path / "shared"), GROUP)
    cache = project.store.local_folder("cache/packages")
    project.cache = cache
    before = os.umask(0o077)
    try:
        opened = reopen(project, project.package().digest)
    finally:
        os.umask(before)
    modes = {S_IMODE(path.stat().st_mode) for path in [opened.folder, *opened.folder.rglob("*")]}
    assert modes == {0o2770, 0o660}


def test_a_package_is_durable_before_it_is_said_to_be_there(project: Any) -> None:
    calls: list[bool] = []
    adopt = Store.adopt
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Store,
            "adopt",
            lambda *args, durable=False: calls.append(durable) or adopt(*args, durable=durable),
        )
        project.package()
    assert calls == [True]
