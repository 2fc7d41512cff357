"""What an archive must be to be a package: nothing in it is trusted."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import BinaryIO

from lolpop.contract import Manifest, PackageFile, from_json
from lolpop.errors import ContractError, HostilePackageError
from lolpop.package.archive import CONFIG, LARGEST, MANIFEST, PROJECT, WHEELS, digest_of
from lolpop.package.names import excess_of, flaw_of, shown

_LARGEST_MANIFEST = 64 * 2**20
_PART = re.compile(r"[^/\\\0]+")
_DRIVE = re.compile(r"[A-Za-z]:")
_PINNED = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+")


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
    _check_folders(seen)
    if total > min(LARGEST, _length(archive)):
        raise HostilePackageError(
            f"its files claim {total} bytes, more than it has: {len(seen)} of them"
        )


def _length(archive: zipfile.ZipFile) -> int:
    assert archive.fp is not None
    return archive.fp.seek(0, os.SEEK_END)


def _check_name(name: str) -> None:
    """Refuse a name that could lead out of the folder it is unpacked in, or that no disk takes."""
    if excess := excess_of(name):
        raise HostilePackageError(f"{shown(name)} can't be unpacked: {excess}")
    parts = name.split("/")
    plain = all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)
    if not plain or _DRIVE.match(name) or flaw_of(name):
        raise HostilePackageError(f"the name {name!r} leaves the folder, or isn't portable")


def _check_folders(names: Set[str]) -> None:
    """Refuse a file that others lie in as if it were a folder."""
    for name in sorted(names):
        for folder in _around(name):
            if folder in names:
                raise HostilePackageError(f"{folder!r} is a file, and {name!r} lies in it")


def _around(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


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
    _check_paths(infos.keys(), manifest)
    return manifest, content


def _check_files(infos: dict[str, zipfile.ZipInfo], manifest: Manifest) -> None:
    listed: dict[str, PackageFile] = {}
    for file in manifest.files:
        if file.path in listed or file.path == MANIFEST:
            raise HostilePackageError(f"its manifest lists {file.path!r} twice")
        listed[file.path] = file
    for name in infos.keys() - listed.keys() - {MANIFEST}:
        raise HostilePackageError(f"{name!r} isn't in its manifest")
    for name, file in listed.items():
        if name not in infos:
            raise HostilePackageError(f"{name!r} is missing")
        if infos[name].file_size != file.size:
            found = infos[name].file_size
            raise HostilePackageError(f"{name!r} has {found} bytes, its manifest says {file.size}")


def _check_paths(names: Set[str], manifest: Manifest) -> None:
    """Refuse a manifest that points at what isn't in the package."""
    if CONFIG not in names:
        raise HostilePackageError(f"it has no {CONFIG!r}")
    for root in manifest.roots:
        _check_root(root, names)
    if (local := manifest.local_file) is not None:
        _check_name(local)
        if f"{PROJECT}/{local}" not in names:
            raise HostilePackageError(f"{f'{PROJECT}/{local}'!r} is missing")
    for each in manifest.lock:
        if not _PINNED.fullmatch(f"{each.name}=={each.version}"):
            raise HostilePackageError(f"its lock names {each.name!r} {each.version!r}")
        if each.wheel is not None and (each.wheel not in names or _top(each.wheel) != WHEELS):
            raise HostilePackageError(f"its lock names the wheel {each.wheel!r}, which isn't in it")


def _check_root(root: str, names: Set[str]) -> None:
    if root == ".":
        return
    _check_name(root)
    place = f"{PROJECT}/{root}"
    for folder in (place, *_around(place)):
        if folder in names:
            raise HostilePackageError(f"{folder!r} is a file, and imports start in it")


def _top(path: str) -> str:
    return path.partition("/")[0]


def verified(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[tuple[PackageFile, bytes]]:
    """Read every file, no further than it may be long, and check its digest."""
    for file in manifest.files:
        with archive.open(file.path) as stream:
            content = stream.read(file.size + 1)
        if len(content) != file.size or digest_of(content) != file.digest:
            raise HostilePackageError(f"{file.path!r} has other content than its manifest says")
        yield file, content
