"""What an archive must be to be a package: nothing in it is trusted."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from lolpop.contract import Manifest, PackageFile, from_json
from lolpop.errors import ContractError, HostilePackageError
from lolpop.package.archive import LARGEST, MANIFEST, digest_of

_LARGEST_MANIFEST = 64 * 2**20
_PART = re.compile(r"[^/\\\0]+")
_DRIVE = re.compile(r"[A-Za-z]:")


@contextmanager
def opened_zip(source: BinaryIO, label: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever is wrong with its form is an error that names it."""
    try:
        with zipfile.ZipFile(source) as archive:
            _check_form(archive)
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise HostilePackageError(f"{label} isn't a package: {error}") from error
    except HostilePackageError as error:
        raise HostilePackageError(f"{label} isn't a package: {error.message}") from error


def _check_form(archive: zipfile.ZipFile) -> None:
    """Refuse what no package of ours has; nothing is read yet."""
    seen: set[str] = set()
    total = 0
    for info in archive.infolist():
        _check_name(info.orig_filename)
        if info.filename in seen:
            raise HostilePackageError(f"{info.filename!r} is in it twice")
        if info.external_attr >> 28 != 0o10:
            raise HostilePackageError(f"{info.filename!r} is a link, or no ordinary file")
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise HostilePackageError(f"{info.filename!r} is compressed")
        seen.add(info.filename)
        total += info.file_size
    if total > min(LARGEST, _length(archive)):
        raise HostilePackageError(f"its {len(seen)} files claim {total} bytes, more than it has")


def _length(archive: zipfile.ZipFile) -> int:
    assert archive.fp is not None
    return archive.fp.seek(0, os.SEEK_END)


def _check_name(name: str) -> None:
    """Refuse a name that could lead out of the folder it is unpacked in."""
    parts = name.split("/")
    plain = all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)
    if not plain or _DRIVE.match(name) or not name.isprintable():
        raise HostilePackageError(f"the name {name!r} leaves the folder, or isn't portable")


def manifest_of(archive: zipfile.ZipFile, digest: str | None) -> tuple[Manifest, bytes]:
    """Read the manifest, and check it against the digest and the list of files."""
    infos = {info.filename: info for info in archive.infolist()}
    if MANIFEST not in infos:
        raise HostilePackageError(f"it has no {MANIFEST!r}")
    if infos[MANIFEST].file_size > _LARGEST_MANIFEST:
        raise HostilePackageError(f"its {MANIFEST!r} has {infos[MANIFEST].file_size} bytes")
    content = archive.read(MANIFEST)
    if digest not in (None, digest_of(content)):
        raise HostilePackageError(f"its digest is {digest_of(content)}")
    try:
        manifest = from_json(Manifest, json.loads(content))
    except (ValueError, RecursionError) as error:
        raise HostilePackageError(f"its {MANIFEST!r} isn't JSON") from error
    except ContractError as error:
        if error.hint:  # a newer format, which is no damage
            raise
        raise HostilePackageError(f"its {MANIFEST!r} isn't a manifest: {error.message}") from error
    _check_files(infos, manifest)
    return manifest, content


def _check_files(infos: dict[str, zipfile.ZipInfo], manifest: Manifest) -> None:
    listed: dict[str, PackageFile] = {}
    for file in manifest.files:
        if file.path in listed or file.path == MANIFEST:
            raise HostilePackageError(f"its manifest lists {file.path!r} twice")
        listed[file.path] = file
    for path in (*manifest.roots, manifest.local_file):
        if path not in (None, "."):
            _check_name(str(path))
    for name in infos.keys() - listed.keys() - {MANIFEST}:
        raise HostilePackageError(f"{name!r} isn't in its manifest")
    for name, file in listed.items():
        if name not in infos:
            raise HostilePackageError(f"{name!r} is missing")
        if infos[name].file_size != file.size:
            found = infos[name].file_size
            raise HostilePackageError(f"{name!r} has {found} bytes, its manifest says {file.size}")


def verified(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[tuple[PackageFile, bytes]]:
    """Read every file, no further than it may be long, and check its digest."""
    for file in manifest.files:
        with archive.open(file.path) as stream:
            content = stream.read(file.size + 1)
        if len(content) != file.size or digest_of(content) != file.digest:
            raise HostilePackageError(f"{file.path!r} has other content than its manifest says")
        yield file, content
