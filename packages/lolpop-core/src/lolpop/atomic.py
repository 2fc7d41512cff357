"""Files that appear whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE, S_ISREG
from uuid import uuid4

_OPEN = ("/dev/std", "/dev/fd/", "/proc/")
"""Names of what is open already, which may be a file: to replace that would write elsewhere."""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Name a file or a new folder to write; it takes the target's place, unless the block raises.

    So a full disk, or a process that dies, leaves what was there before. A link stays a link;
    a folder that is there, a pipe and a device are written to themselves.

    Raises:
        OSError: The folder can't be written to.
    """
    if not _is_replaceable(target):
        yield target
        return
    place = Path(os.path.realpath(target))
    # The suffix tells some writers what to write; a whole name might become too long.
    draft = place.with_name(f".{uuid4().hex}{place.suffix}")
    try:
        yield draft
        with suppress(FileNotFoundError):
            draft.chmod(S_IMODE(place.stat().st_mode))
        sync(draft)
        draft.replace(place)
    finally:
        _drop(draft)


def write(target: Path, content: bytes) -> None:
    """Write a file at once, in place of what was there.

    Raises:
        OSError: It can't be written.
    """
    with replacing(target) as draft:
        draft.write_bytes(content)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk: the host may die now.

    A file system that can't do this for folders, or for this user, does it in its own time.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def _drop(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)


def _is_replaceable(target: Path) -> bool:
    if str(target.absolute()).startswith(_OPEN):
        return False
    try:
        return S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        return True
