"""Wheels of the distributions that no index has: those installed from this disk."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lolpop.errors import PackageError
from lolpop.package.archive import write_zip
from lolpop.package.backend import built_wheel
from lolpop.package.installed import Installed
from lolpop.package.kept import Content, Wheel, kept
from lolpop.storage import Store

_INSTALLER = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws"})
_LAUNCHERS = ("console_scripts", "gui_scripts")
_GENERATOR = b"Generator: lolpop\n"


def wheel_of(installed: Installed, store: Store | None = None) -> Wheel | None:
    """Make the wheel of a distribution that was installed from a local folder or file.

    An editable one is built by its back end, of the others the installed files are packed.

    Args:
        installed: The distribution.
        store: The storage, to keep things beside where the user has no cache.

    Returns:
        The wheel, or None for a distribution that an index has.

    Raises:
        PackageError: The back end failed, or an installed file is missing.
    """
    origin = _origin(installed.distribution)
    if origin is None:
        return None
    folder, editable = origin
    if editable:
        return built_wheel(folder, installed.name, _packed, store)
    return kept(_state(installed), lambda: _packed(dict(_installed_entries(installed))), store)


def _origin(distribution: metadata.Distribution) -> tuple[Path, bool] | None:
    """Give the local folder or file that a distribution comes from, and if it is editable."""
    text = distribution.read_text("direct_url.json")
    origin = json.loads(text) if text else {}
    url = urlsplit(str(origin.get("url", "")))
    if url.scheme != "file":
        return None
    editable = bool(origin.get("dir_info", {}).get("editable"))
    return Path(url2pathname(url.path)), editable


def _state(installed: Installed) -> str:
    """Give a digest that changes when an installed file does, as sizes and times tell."""
    distribution = installed.distribution
    lines = [distribution.read_text("RECORD") or "", str(distribution.locate_file(""))]
    for path in _recorded(distribution):
        try:
            found = os.stat(f"{lines[1]}/{path}")  # noqa: PTH116 - a Path takes five times as long
            lines.append(f"{found.st_size} {found.st_mtime_ns} {found.st_ino}")
        except OSError:
            lines.append("missing")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _installed_entries(installed: Installed) -> Iterator[tuple[str, bytes]]:
    distribution = installed.distribution
    launchers = {each.name for each in distribution.entry_points if each.group in _LAUNCHERS}
    data = f"{installed.name.replace('-', '_')}-{installed.version}.data"
    for path in _recorded(distribution):
        name, _, last = path.as_posix(), path.parent, path.name
        installers = path.parent.name.endswith(".dist-info") and last in _INSTALLER
        if installers or "__pycache__" in path.parts or last.endswith(".pyc"):
            continue
        if not name.startswith("../"):
            yield name, _content(installed, path)
        elif path.parent.name != "bin":
            outer = name.replace("../", "")
            yield f"{data}/data/{outer}", _content(installed, path)
        elif last not in launchers:
            yield f"{data}/scripts/{last}", _portable(_content(installed, path))


def _recorded(distribution: metadata.Distribution) -> list[PurePosixPath]:
    """Give the installed files; Python's own reader passes over those that are gone."""
    lines = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    return [PurePosixPath(line[0]) for line in lines if line]


def _content(installed: Installed, path: PurePosixPath) -> bytes:
    try:
        return Path(str(installed.distribution.locate_file(path))).read_bytes()
    except OSError as error:
        name = f"{installed.name} {installed.version}"
        raise PackageError(
            f"{name} is installed without its file {path.as_posix()!r}",
            hint=f"install {installed.name} again from where it came",
        ) from error


def _portable(script: bytes) -> bytes:
    """Write the first line of a script as wheels have it: installers put the Python's path in."""
    first, end, rest = script.partition(b"\n")
    return b"#!python" + end + rest if first.startswith(b"#!") and b"python" in first else script


def _packed(entries: Content) -> Wheel:
    """Write a wheel whose bytes depend on its content only."""
    content = {name: data for name, data in entries.items() if not name.endswith("/RECORD")}
    info = next(name.rpartition("/")[0] for name in sorted(content) if name.endswith("/WHEEL"))
    content[f"{info}/WHEEL"] = _without_builder(content[f"{info}/WHEEL"])
    content[f"{info}/RECORD"] = _record(content, f"{info}/RECORD")
    stem = info.removesuffix(".dist-info")
    name = f"{stem}-{_tag(content[f'{info}/WHEEL'])}.whl"
    buffer = io.BytesIO()
    write_zip(buffer, ((each, content[each], False) for each in sorted(content)))
    return Wheel(name, buffer.getvalue())


def _without_builder(wheel: bytes) -> bytes:
    """Name no version of a back end, which isn't content."""
    lines = wheel.replace(b"\r\n", b"\n").splitlines(keepends=True)
    return b"".join(_GENERATOR if line.startswith(b"Generator:") else line for line in lines)


def _record(content: Content, own: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name in sorted(content):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content[name]).digest())
        writer.writerow([name, f"sha256={digest.decode().rstrip('=')}", len(content[name])])
    writer.writerow([own, "", ""])
    return text.getvalue().encode()


def _tag(wheel: bytes) -> str:
    """Join the tags of a wheel's metadata to the one that its file name has."""
    lines = wheel.decode().splitlines()
    tags = [line.partition(":")[2].strip().split("-") for line in lines if line.startswith("Tag:")]
    parts = zip(*tags, strict=True)
    return "-".join(".".join(sorted(set(part))) for part in parts)
