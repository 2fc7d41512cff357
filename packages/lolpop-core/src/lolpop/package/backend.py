"""Let a project's own back end build its wheel."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from lolpop.errors import PackageError
from lolpop.package.caches import uv_variables
from lolpop.package.kept import Content, Wheel, kept
from lolpop.package.listing import listed
from lolpop.package.uv import uv_path
from lolpop.storage import Store

_MADE = ("build/", "dist/")  # what back ends leave behind
_EPOCH = "315532800"  # 1 January 1980, the first time that a zip can have


def built_wheel(
    folder: Path, name: str, pack: Callable[[Content], Wheel], store: Store | None = None
) -> Wheel:
    """Build the wheel of a project folder, or take the one that was made of the same files.

    Args:
        folder: The project's folder.
        name: The distribution's name, for messages.
        pack: Makes the wheel of what the back end built.
        store: The storage, to keep things beside where the user has no cache.

    Raises:
        PackageError: The folder is gone, or the back end fails.
    """
    if not folder.is_dir():
        raise PackageError(
            f"{name} is installed from {str(folder)!r}, which is gone",
            hint=f"install {name} again from where it is now",
        )
    return kept(_tree_digest(folder), lambda: pack(_build(folder, name, store)), store)


def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {os.name}".encode())
    for name in listed(folder):
        file = folder / name
        if file.is_file() and not name.startswith(_MADE):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            executable = os.access(file, os.X_OK)
            digest.update(f"{name}\0{content}\0{executable}\n".encode())
    return digest.hexdigest()


def _build(folder: Path, name: str, store: Store | None) -> Content:
    with tempfile.TemporaryDirectory(prefix="lolpop-wheel-") as out:
        command = _command(folder, out, name)
        variables = {**uv_variables(store), "SOURCE_DATE_EPOCH": _EPOCH}
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, errors="replace"
        )
        made = sorted(Path(out).glob("*.whl"))
        if done.returncode or len(made) != 1:
            said = (done.stderr or done.stdout).strip()
            raise PackageError(
                f"the wheel of {name}, which is installed from {str(folder)!r}, can't be built:"
                f" {said.rpartition(chr(10))[2] or 'no wheel was made'}",
                hint=f"see what this says: {' '.join(command)}",
            )
        with zipfile.ZipFile(made[0]) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            return {entry.filename: archive.read(entry) for entry in entries}


def _command(folder: Path, out: str, name: str) -> list[str]:
    """Build with uv where it is installed, else with pip."""
    if uv := uv_path():
        arguments = ["--wheel", "--python", sys.executable, "--out-dir", out]
        return [uv, "build", *arguments, str(folder)]
    if find_spec("pip"):
        arguments = ["--quiet", "--no-deps", "--wheel-dir", out]
        return [sys.executable, "-m", "pip", "wheel", *arguments, str(folder)]
    raise PackageError(
        f"{name} is installed from {str(folder)!r}, and neither uv nor pip is there to build it",
        hint="pip install uv",
    )
