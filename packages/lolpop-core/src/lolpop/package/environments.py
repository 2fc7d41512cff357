"""The virtual environments that steps run in, built from a package's lock."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from lolpop.contract import LockedDistribution, Manifest, canonical_json
from lolpop.errors import PackageError
from lolpop.package.archive import digest_of
from lolpop.package.caches import cache_folder, uv_variables
from lolpop.package.kept import Wheel
from lolpop.package.lock import closure
from lolpop.package.opening import Opened, refuse_foreign
from lolpop.package.requirements import Required
from lolpop.package.uv import uv_path
from lolpop.package.wheels import wheel_of
from lolpop.storage import Store

_COMPLETE = ".lolpop-complete"
_FOLDER = "environments"


@dataclass(frozen=True, slots=True)
class _Further:
    """A distribution that a deployment needs and the package doesn't have."""

    name: str
    version: str
    wheel: Wheel | None

    @property
    def digest(self) -> str | None:
        return digest_of(self.wheel.content) if self.wheel else None

    def line(self, wheels: Path) -> str:
        """Pin it; its wheel, if it has one, is written into a folder first."""
        if self.wheel is None:
            return f"{self.name}=={self.version}"
        wheels.mkdir(exist_ok=True)
        path = wheels / self.wheel.name
        path.write_bytes(self.wheel.content)
        return f"{self.name} @ {path.as_uri()}"


def environment(opened: Opened, store: Store, plugins: Sequence[str] = ()) -> Path:
    """Give the interpreter of a package's environment, which is built where it isn't yet.

    It stands in the storage, or in the user's cache where that isn't a local folder, and is
    used by every package with the same lock. Two that ask at once build it once.

    Args:
        opened: The unpacked package.
        store: The storage of the deployment.
        plugins: Distributions that go in besides the lock, as they are installed here.

    Returns:
        The absolute path of the environment's Python.

    Raises:
        PackageError: uv is missing or fails, or the package is of another Python or platform.
    """
    refuse_foreign(opened.manifest)
    further = _further(plugins, opened.manifest, store)
    place = _place(opened.manifest, store, further)
    python = place / "bin" / "python"
    if not (place / _COMPLETE).is_file():
        if not store.local_folder(_FOLDER):
            place.parent.mkdir(parents=True, exist_ok=True)
        lock = place.with_name(f"{place.name}.lock")
        with _alone(lock):
            if not (place / _COMPLETE).is_file():
                _build(place, python, opened, further, uv_variables(store))
                store.share(place)
                store.share(lock)
    return python


def interpreter(manifest: Manifest, store: Store, plugins: Sequence[str] = ()) -> Path:
    """Give the interpreter that `environment` would give; nothing is built."""
    return _place(manifest, store, _further(plugins, manifest, store)) / "bin" / "python"


def _place(manifest: Manifest, store: Store, further: Sequence[_Further]) -> Path:
    folder = store.local_path(_FOLDER) or cache_folder(store) / _FOLDER
    return folder.absolute() / _digest(manifest, further)


def _further(plugins: Sequence[str], manifest: Manifest, store: Store) -> list[_Further]:
    """Give what plugins need besides the lock."""
    locked = {each.name for each in manifest.lock}
    wanted = [Required(Requirement(name), "the deployment") for name in plugins]
    found = [each for each in closure(wanted) if each.name not in locked]
    return [_Further(each.name, each.version, wheel_of(each, store)) for each in found]


def _digest(manifest: Manifest, further: Sequence[_Further]) -> str:
    digests = {file.path: file.digest for file in manifest.files}
    lock = [[each.name, each.version, digests.get(each.wheel or "")] for each in manifest.lock]
    lock += [[each.name, each.version, each.digest] for each in further]
    described = {"lock": lock, "python": manifest.python, "platform": manifest.platform}
    return digest_of(canonical_json(described))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process holds the lock, and hold it; its end frees it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _build(
    place: Path,
    python: Path,
    opened: Opened,
    further: Sequence[_Further],
    variables: Mapping[str, str],
) -> None:
    """Build an environment where it stays; it counts once its last file is there."""
    uv = uv_path()
    if uv is None:
        raise PackageError(
            "uv isn't installed, and an environment of the package's own needs it",
            hint="pip install uv, or package: {environment: current}",
        )
    shutil.rmtree(place, ignore_errors=True)
    _run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(place)], variables)
    lines = [_line(each, opened.folder) for each in opened.manifest.lock]
    lines += [each.line(place / "wheels") for each in further]
    requirements = place / "requirements.txt"
    requirements.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    install = ["pip", "install", "--quiet", "--no-deps", "--compile-bytecode"]
    _run([uv, *install, "--python", str(python), "--requirement", str(requirements)], variables)
    (place / _COMPLETE).touch()


def _line(each: LockedDistribution, folder: Path) -> str:
    """Pin a distribution: the package's own wheel by its place, for an index may have another."""
    if each.wheel:
        return f"{each.name} @ {(folder / each.wheel).as_uri()}"
    return f"{each.name}=={each.version}"


def _run(command: list[str], variables: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=variables, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise PackageError(
            f"uv can't build the environment of the package: {done.stderr.strip()}",
            hint=f"see what this says: {' '.join(command)}",
        )
