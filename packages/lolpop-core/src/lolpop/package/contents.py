"""What stands in a package besides its manifest: files, configuration, wheels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO

from lolpop.config.nodes import Node
from lolpop.config.writer import write
from lolpop.contract import LockedDistribution, PackageFile
from lolpop.errors import PackageError
from lolpop.package.archive import CONFIG, PROJECT, WHEELS, digest_of
from lolpop.package.files import ProjectFile
from lolpop.package.installed import Installed
from lolpop.package.wheels import wheel_of
from lolpop.storage import Store

_KEPT = 64 * 2**20  # bytes of files that are read once, not twice


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of a package.

    Attributes:
        file: What the manifest says of it.
        content: Its content, or None if it is read again when it is needed.
        path: The file that it comes from, if it comes from one.
    """

    file: PackageFile
    content: bytes | None
    path: str | None = None

    def read(self) -> bytes:
        """Give the content.

        Raises:
            PackageError: It isn't what it was when it was described.
        """
        if self.content is not None:
            return self.content
        assert self.path is not None
        content = read_file(self.path)
        if digest_of(content) != self.file.digest:
            raise PackageError(
                f"{self.path!r} was changed while it was packaged", hint="package again"
            )
        return content


def config_source(config: Node) -> Source:
    """Give the configuration as a file; in a mapping of the manifest it would lose its order."""
    content = write(config).encode()
    return Source(_described(CONFIG, content), content)


def project_sources(files: Iterable[ProjectFile]) -> Iterator[Source]:
    """Read the project's files, and keep the first of them in memory."""
    kept = 0
    for file in files:
        content = read_file(file.source)
        described = _described(f"{PROJECT}/{file.path}", content, file.executable)
        kept += len(content)
        yield Source(described, content if kept <= _KEPT else None, file.source)


def locked(
    distributions: Iterable[Installed], store: Store
) -> tuple[tuple[LockedDistribution, ...], list[Source]]:
    """Pin distributions, and give the wheels of those that no index has."""
    lock: list[LockedDistribution] = []
    wheels: list[Source] = []
    for each in distributions:
        wheel = wheel_of(each, store)
        path = f"{WHEELS}/{wheel.name}" if wheel else None
        lock.append(LockedDistribution(each.name, each.version, path))
        if wheel and path:
            wheels.append(Source(_described(path, wheel.content), wheel.content))
    return tuple(lock), wheels


def read_file(path: str) -> bytes:
    """Read a file; one that can't be read is an error that names it."""
    try:
        with FileIO(path) as file:
            return file.readall()
    except OSError as error:
        raise PackageError(f"can't read {path!r}: {error.strerror}") from error


def _described(path: str, content: bytes, executable: bool = False) -> PackageFile:
    digest = digest_of(content)
    return PackageFile(path=path, size=len(content), digest=digest, executable=executable)
