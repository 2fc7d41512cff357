"""Open a package: verify all of it, trust nothing, unpack it once."""

from __future__ import annotations

import compileall
import fcntl
import io
import json
import os
import py_compile
import shutil
import tempfile
import zipfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import IO
from uuid import uuid4

from lolpop.contract import Manifest, from_json
from lolpop.errors import HostilePackageError, NotFoundError, PackageError
from lolpop.package.archive import (
    CONFIG,
    MANIFEST,
    PROJECT,
    WHEELS,
    digest_of,
    key_of,
    write_zip,
)
from lolpop.package.lock import platform_name, python_version
from lolpop.package.sealing import SEAL, holds, seal
from lolpop.package.verification import manifest_of, opened_zip, verified
from lolpop.storage import Store

_PIECE = 1024 * 1024
_MODES = {False: 0o644, True: 0o755}


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that is unpacked. Many read it at once: nobody writes in there.

    Attributes:
        digest: The package's digest.
        folder: The folder that holds it.
        manifest: What it holds.
    """

    digest: str
    folder: Path
    manifest: Manifest

    @property
    def project(self) -> Path:
        """The folder of the project's files."""
        return self.folder / PROJECT

    @property
    def wheels(self) -> Path:
        """The folder of the wheels, which may be missing."""
        return self.folder / WHEELS

    @property
    def config(self) -> Path:
        """The workflow's configuration."""
        return self.folder / CONFIG


def read_manifest(store: Store, digest: str) -> Manifest:
    """Read what a stored package holds, without unpacking it.

    Raises:
        NotFoundError: There is no such package.
        HostilePackageError: What is stored isn't the package of this digest.
        ContractError: A newer lolpop-core made it.
    """
    with _archive(store, digest) as archive:
        return manifest_of(archive, digest)[0]


def read_config(store: Store, digest: str) -> bytes:
    """Read the workflow's configuration out of a stored package, without unpacking it.

    Raises:
        NotFoundError: There is no such package.
        HostilePackageError: What is stored isn't the package of this digest.
        ContractError: A newer lolpop-core made it.
    """
    with _archive(store, digest) as archive:
        manifest, _ = manifest_of(archive, digest)
        found = (data for file, data in verified(archive, manifest) if file.path == CONFIG)
        return next(found, b"")


def verify(store: Store, digest: str) -> None:
    """Read all of a stored package, and compare it with its digests, and with what is written.

    Raises:
        NotFoundError: There is no such package.
        HostilePackageError: It is damaged.
        ContractError: A newer lolpop-core made it.
    """
    with _archive(store, digest) as archive, tempfile.TemporaryFile() as again:
        manifest, content = manifest_of(archive, digest)
        files = ((file.path, data, file.executable) for file, data in verified(archive, manifest))
        write_zip(again, chain([(MANIFEST, content, False)], files))
        if not _is_same(archive.fp, again):
            raise HostilePackageError("there are other bytes between its files")


def _is_same(one: IO[bytes] | None, other: IO[bytes]) -> bool:
    assert one is not None
    for file in (one, other):
        file.seek(0)
    while piece := one.read(_PIECE):
        if piece != other.read(_PIECE):
            return False
    return not other.read(1)


def unpack(store: Store, digest: str, cache: Path) -> Opened:
    """Unpack a stored package, or use what was unpacked before and is still the same.

    What was changed since, or added, is unpacked anew: what was deployed is what runs. Any
    number of processes may do so at once.

    Args:
        store: Where the package is.
        digest: Its digest.
        cache: A folder for unpacked packages, each by its digest.

    Raises:
        NotFoundError: There is no such package.
        HostilePackageError: It is damaged, or made to do harm; nothing is unpacked.
        PackageError: It was packaged for another Python or platform.
        ContractError: A newer lolpop-core made it.
    """
    folder = cache / digest
    if found := _reopened(folder, digest):
        return found
    with _archive(store, digest) as archive:
        manifest, content = manifest_of(archive, digest)
        refuse_foreign(manifest)
        with _alone(cache):
            if found := _reopened(folder, digest):
                return found
            _discard(folder)
            _unpack(archive, manifest, content, folder, store)
    return _demand(folder, digest)


def check_archive(content: bytes) -> tuple[str, Manifest]:
    """Verify a package that came as a file.

    Returns:
        Its digest and what it holds.

    Raises:
        HostilePackageError: It is damaged, made to do harm, or no package.
        ContractError: A newer lolpop-core made it.
    """
    with opened_zip(io.BytesIO(content), "the file") as archive:
        manifest, raw = manifest_of(archive, None)
        deque(verified(archive, manifest), maxlen=0)
        return digest_of(raw), manifest


def refuse_foreign(manifest: Manifest) -> None:
    """Refuse a package of another Python or platform, whose lock doesn't hold here.

    Raises:
        PackageError: It is; the message names both.
    """
    made = (manifest.python, manifest.platform)
    here = (python_version(), platform_name())
    if made != here:
        raise PackageError(
            f"the package was made with Python {made[0]} on {made[1]},"
            f" this is Python {here[0]} on {here[1]}",
            hint="package again with the Python, and on the platform, that run the steps",
        )


def _reopened(folder: Path, digest: str) -> Opened | None:
    """Open what was unpacked before; None if it isn't there, or isn't what it was."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError:
        return None
    if digest_of(content) != digest:
        return None
    manifest = _manifest(content)
    refuse_foreign(manifest)
    return Opened(digest, folder, manifest) if holds(folder, manifest) else None


def _demand(folder: Path, digest: str) -> Opened:
    found = _reopened(folder, digest)
    if found is None:
        raise HostilePackageError(
            f"the unpacked package in {str(folder)!r} was changed just after it was unpacked",
            hint="see what else writes there",
        )
    return found


@lru_cache(maxsize=4)
def _manifest(content: bytes) -> Manifest:
    """Read a manifest once: a warm process asks for the same one again and again."""
    return from_json(Manifest, json.loads(content))


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Wait until no other process of this host unpacks something there."""
    cache.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(cache, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: the last one to rename wins
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _discard(folder: Path) -> None:
    """Move what isn't the package out of the way, and delete it."""
    aside = folder.with_name(f".changed-{uuid4().hex}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    except OSError as error:
        raise PackageError(
            f"the unpacked package in {str(folder)!r} was changed, and can't be moved away:"
            f" {error.strerror}",
            hint=f"delete it, it is unpacked again: rm -r '{folder}'",
        ) from error
    shutil.rmtree(aside, ignore_errors=True)
    with suppress(OSError):  # it was a file, or a link
        aside.unlink()


@contextmanager
def _archive(store: Store, digest: str) -> Iterator[zipfile.ZipFile]:
    """Open a stored archive; one that is elsewhere is copied to this disk first."""
    key = key_of(digest)
    label = f"package {digest[:12]} in {store.shown!r}"
    if store.size(key) is None:
        raise NotFoundError(
            f"there is no package {digest!r} in {store.shown!r}",
            hint="`lolpop deployment package` makes it again from the same content",
        )
    with (
        _on_disk(store, key) as path,
        path.open("rb") as source,
        opened_zip(source, label) as archive,
    ):
        yield archive


@contextmanager
def _on_disk(store: Store, key: str) -> Iterator[Path]:
    if path := store.local_path(key):
        yield path
        return
    with store.scratch() as draft:
        store.take(key, draft)
        yield draft


def _unpack(
    archive: zipfile.ZipFile, manifest: Manifest, content: bytes, folder: Path, store: Store
) -> None:
    """Unpack beside the folder and rename; whoever comes second uses what is there."""
    temporary = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        for file, data in verified(archive, manifest):
            _write(temporary, file.path, data, file.executable)
        for root in manifest.roots:
            (temporary / PROJECT / root).mkdir(parents=True, exist_ok=True)
        _compile(temporary / PROJECT)
        _write(temporary, MANIFEST, content, False)
        store.share(temporary)
        seal(temporary)
        store.share(temporary / SEAL)
        try:
            temporary.rename(folder)
        except OSError:
            if not (folder / MANIFEST).is_file():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _compile(project: Path) -> None:
    """Compile the project's modules, so that not every attempt has to.

    The compiled form holds for the content of a file, not for its time: it is good in copies.
    """
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(project, quiet=2, invalidation_mode=mode)


def _write(folder: Path, name: str, content: bytes, executable: bool) -> None:
    """Write a file that isn't there: a disk may take two names for one."""
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
        path.chmod(_MODES[executable])
    except FileExistsError as error:
        raise HostilePackageError(
            f"can't unpack {name!r}: this disk takes its name for that of another file"
        ) from error
    except OSError as error:
        raise PackageError(f"can't unpack {name!r}: {error.strerror}") from error
