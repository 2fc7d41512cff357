"""Who can read and write a storage that is a folder, and what git makes of it."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest

from lolpop.contract import RunRef, StepState
from lolpop.storage import Store, artifacts
from lolpop.storage.access import GROUP, PRIVATE, access_of, who_may
from lolpop.storage.records import Runs

REF = RunRef("X", "flow", "1")


@pytest.fixture(params=[0o022, 0o077, 0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Let this process have each umask that hosts have."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def use(store: Store, folder: Path) -> None:
    """Write whatever a run writes, and a folder that something else fills."""
    run = Runs(store).open(REF, "0" * 64)
    attempt = run.claim("fit")
    attempt.append_log(b"said\n")
    attempt.renew()
    attempt.close(StepState.SUCCEEDED, output=artifacts.put(store, [1], folder))
    store.write("packages/x.zip", b"x")
    filled = store.local_folder("environments/x")
    assert filled
    (filled / "bin").mkdir()
    (filled / "bin" / "tool").touch(0o755)
    store.share(filled)


def modes(root: Path) -> dict[str, int]:
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*")}
    return {name: S_IMODE(path.stat().st_mode) for name, path in found.items()}


def test_a_storage_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    use(Store(str(tmp_path / "a" / "s")), tmp_path)
    root = tmp_path / "a" / "s"
    assert S_IMODE(root.stat().st_mode) == 0o700
    folders = [S_IMODE(path.stat().st_mode) for path in root.iterdir() if path.is_dir()]
    assert set(folders) == {0o700}
    assert modes(root)["packages/x.zip"] == modes(root)[".gitignore"] == 0o600


def test_in_a_folder_that_was_there_nobody_else_looks_either(tmp_path: Path, umask: int) -> None:
    root = tmp_path / "s"
    root.mkdir()
    root.chmod(0o755)
    use(Store(str(root)), tmp_path)
    assert S_IMODE(root.stat().st_mode) == 0o755
    assert {S_IMODE(path.stat().st_mode) for path in root.iterdir()} == {0o700}
    assert not (root / ".gitignore").exists()


def test_what_a_group_shares_is_the_groups_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    root = tmp_path / "s"
    Store(str(root), GROUP).write("packages/y.zip", b"y")
    use(Store(str(root)), tmp_path)  # who writes later knows the folder alone
    found = modes(root)
    executable = found.pop("environments/x/bin/tool")
    folders = {found.pop(name) for name in [*found] if (root / name).is_dir()}
    assert (S_IMODE(root.stat().st_mode), folders, executable) == (0o2770, {0o2770}, 0o770)
    assert set(found.values()) == {0o660}
    assert "runs/X/flow/1/steps/fit/0000/log" in found


def test_a_storage_is_shared_later_and_made_private_again(tmp_path: Path) -> None:
    root = tmp_path / "s"
    use(Store(str(root)), tmp_path)
    (root / "link").symlink_to("/etc/passwd")
    outside = S_IMODE(Path("/etc/passwd").stat().st_mode)
    Store(str(root), GROUP).write("k", b"")
    found = modes(root)
    assert (found["packages"], found["packages/x.zip"]) == (0o2770, 0o660)
    assert found["environments/x/bin/tool"] == 0o770
    assert access_of(root) == GROUP
    Store(str(root), PRIVATE).write("k", b"")
    found = modes(root)
    assert (found["packages"], found["packages/x.zip"]) == (0o700, 0o600)
    assert S_IMODE(root.stat().st_mode) == 0o700
    assert S_IMODE(Path("/etc/passwd").stat().st_mode) == outside


def test_a_group_may_be_let_in_to_read_alone(tmp_path: Path) -> None:
    root = tmp_path / "s"
    root.mkdir()
    root.chmod(0o2750)
    use(Store(str(root)), tmp_path)
    assert modes(root)["packages"] == 0o2750
    assert modes(root)["packages/x.zip"] == 0o640


def test_who_may_not_is_told_what_would_let_him_in(tmp_path: Path) -> None:
    user = pwd.getpwuid(os.getuid()).pw_name
    group = grp.getgrgid(tmp_path.stat().st_gid).gr_name
    tmp_path.chmod(0o700)
    assert who_may(tmp_path) == (
        f"it belongs to {user!r}, who can share it with a group: `storage: {{url: …, mode: group}}`"
    )
    tmp_path.chmod(0o2770)
    assert who_may(tmp_path) == f"it is shared with the group {group!r}: this user must be in it"
    tmp_path.chmod(0o2750)
    assert who_may(tmp_path) == f"the group {group!r} may only read it: `chmod g+w` lets it write"
    assert who_may(tmp_path / "no" / "s") == f"let this user into the folder '{tmp_path}/no'"
    tmp_path.chmod(0o700)


def test_git_never_sees_a_storage(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    store = Store(str(tmp_path / ".lolpop"))
    use(store, tmp_path)
    command = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
    assert (tmp_path / ".lolpop" / ".gitignore").read_text() == "*\n"
    assert ".gitignore" not in [*store.list(), *store.names()]


def test_a_gitignore_of_somebody_else_stays(tmp_path: Path) -> None:
    root = tmp_path / "s"
    root.mkdir()
    (root / ".gitignore").write_text("mine\n")
    Store(str(root)).write("k", b"")
    assert (root / ".gitignore").read_text() == "mine\n"


def test_a_storage_that_was_deleted_meanwhile_is_made_anew(store: Store) -> None:
    store.write("a/k", b"1")
    root = store.local_path("a")
    assert root
    subprocess.run(["rm", "-r", str(root.parent)], check=True)
    store.write("a/k", b"2")
    assert store.read("a/k") == b"2"
    assert access_of(root.parent) == PRIVATE


def test_only_its_owner_changes_whose_a_storage_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "s"
    Store(str(root)).write("k", b"")
    monkeypatch.setattr(os, "geteuid", lambda: root.stat().st_uid + 1)
    Store(str(root), GROUP).write("k", b"")
    assert S_IMODE(root.stat().st_mode) == 0o700


def test_what_another_user_made_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "s"
    Store(str(root), GROUP).write("folder/theirs", b"")
    chmod = Path.chmod

    def guarded(path: Path, mode: int) -> None:
        if path.name == "theirs":
            raise PermissionError(1, "Operation not permitted")
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", guarded)
    Store(str(root), PRIVATE).write("k", b"")
    assert modes(root)["folder/theirs"] == 0o660
    assert S_IMODE(root.stat().st_mode) == modes(root)["folder"] == 0o700
