"""Who can read and write a storage that is a folder: its own permissions say it.

So every process that writes there later keeps to them, whatever its umask, and though it is
told the folder alone.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE, S_ISGID, S_ISLNK

IGNORE = ".gitignore"
_SHARED = S_ISGID | 0o050
"""The permissions by which a folder says that its group shares it: its files get that group."""


@dataclass(frozen=True, slots=True)
class Access:
    """The permissions of what lolpop makes in a storage.

    Attributes:
        folder: Those of folders.
        file: Those of files.
    """

    folder: int
    file: int

    @property
    def is_shared(self) -> bool:
        """Whether the folder's group may read."""
        return bool(self.file & 0o040)


PRIVATE = Access(0o700, 0o600)
GROUP = Access(0o2770, 0o660)
MODES = {"private": PRIVATE, "group": GROUP}


def access_of(root: Path) -> Access:
    """Tell by a folder's permissions who may read what is made in it.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    mode = S_IMODE(root.stat().st_mode)
    shared = mode & _SHARED == _SHARED
    return Access(mode & GROUP.folder, mode & GROUP.file) if shared else PRIVATE


def owns(root: Path) -> bool:
    """Whether this user may change a folder's permissions."""
    return os.geteuid() in (0, root.stat().st_uid)


def may_write(folder: Path) -> bool:
    """Whether this user may make something in a folder, or make the folder."""
    return not folder.exists() or os.access(folder, os.W_OK | os.X_OK)


def who_may(root: Path) -> str:
    """Say what lets a user into a storage who may not read or write something in it."""
    try:
        status, is_readonly = root.stat(), os.statvfs(root).f_flag & os.ST_RDONLY
    except OSError:
        return f"let this user into the folder {str(root.parent)!r}"
    if is_readonly:
        return "it is mounted read-only here: that is enough to look at runs, not for this"
    if status.st_mode & _SHARED != _SHARED:
        return (
            f"it belongs to {_name(pwd.getpwuid, status.st_uid)!r}, who can share it with a group:"
            " `storage: {url: …, mode: group}`"
        )
    group = _name(grp.getgrgid, status.st_gid)
    if status.st_mode & GROUP.folder == GROUP.folder:
        return f"it is shared with the group {group!r}: this user must be in it"
    return f"the group {group!r} may only read it: `chmod g+w` lets it write"


def _name(find: Callable[[int], Sequence[object]], number: int) -> str:
    try:
        return str(find(number)[0])
    except KeyError:
        return str(number)


def make_root(root: Path, access: Access) -> None:
    """Make the folder of a storage, which git ignores; one that is there stays as it is."""
    root.parent.mkdir(parents=True, exist_ok=True)
    try:
        root.mkdir(mode=access.folder & 0o777)
    except FileExistsError:
        return
    root.chmod(access.folder)
    ignore = root / IGNORE
    ignore.write_text("*\n")
    ignore.chmod(access.file)


def make_folder(folder: Path, access: Access) -> None:
    """Make a folder whose parent is there."""
    try:
        os.mkdir(folder, access.folder & 0o777)  # noqa: PTH102 - this is done for each attempt
    except FileExistsError:
        return
    if access.is_shared:  # the umask took the group's part
        os.chmod(folder, access.folder)  # noqa: PTH101


def change(root: Path, access: Access) -> None:
    """Give a file, or a folder with all in it, other permissions; its own come last.

    So those of a storage's folder say that it is done. What other users made stays as it is:
    they are of the group, and without it the folder keeps them out.

    Raises:
        PermissionError: It is another user's itself.
    """
    group = root.stat().st_gid
    for folder, names, files in os.walk(root):
        for path in (Path(folder, name) for name in (*names, *files)):
            with suppress(PermissionError, FileNotFoundError):
                _change(path, group, access)
    _change(root, group, access)


def _change(path: Path, group: int, access: Access) -> None:
    status = path.lstat()
    if S_ISLNK(status.st_mode):
        return
    if access.is_shared and status.st_gid != group:
        os.chown(path, -1, group)
    owner = status.st_mode & 0o700
    shared = (owner >> 3) & access.folder & 0o070
    special = access.folder & S_ISGID if path.is_dir() else 0
    path.chmod(owner | shared | special)
