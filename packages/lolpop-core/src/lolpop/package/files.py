"""Choose the project's files that go into a package."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG, S_IXUSR

from lolpop.errors import PackageError
from lolpop.package.globs import literal, matcher, start_of
from lolpop.package.listing import is_repository, listed, walked
from lolpop.package.overlays import names_orchestrator

_DRIVE = re.compile(r"[A-Za-z]:")
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A file that goes into the package.

    Attributes:
        path: The path from the project folder, with forward slashes.
        source: The file itself, links followed.
        size: The size in bytes.
        executable: Whether its owner may execute it.
    """

    path: str
    source: str
    size: int
    executable: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    Attributes:
        files: The files, sorted by path.
        idle: The globs of `include` that match no file.
    """

    files: tuple[ProjectFile, ...]
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides about the files.

    Attributes:
        include: Globs of files that go in whatever else says no.
        exclude: Globs of files that stay out.
        storage: The storage's folder, from which nothing goes in, or None if it is elsewhere.
        configuration: The configuration files, which a package has in a form of its own.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    storage: Path | None = None
    configuration: Sequence[Path] = ()


def chosen(folder: Path, rules: Rules) -> Choice:
    """Choose the files beneath a project folder that go into its package.

    Raises:
        PackageError: A link leads out of the project, a name can't be packaged, or a glob
            leaves the project.
    """
    return _Selection(folder, rules).made()


class _Selection:
    def __init__(self, folder: Path, rules: Rules) -> None:
        self.folder = folder
        self.root = folder.resolve()
        self.rules = rules
        for glob in (*rules.include, *rules.exclude):
            _check_glob(glob)
        self.excluded = matcher(rules.exclude)
        self.in_storage = self.beneath(rules.storage)

    def beneath(self, storage: Path | None) -> Callable[[str], bool]:
        """Make a test of paths in the storage's folder."""
        inside = storage.resolve() if storage else self.root
        if inside == self.root or not inside.is_relative_to(self.root):
            return lambda path: False
        return matcher([literal(inside.relative_to(self.root).as_posix())])

    def made(self) -> Choice:
        usual = [path for path in listed(self.folder) if self.goes(path)]
        wanted = {glob: list(self.matching(glob)) for glob in self.rules.include}
        paths = {path for paths in (usual, *wanted.values()) for path in paths}
        unique = {file.path: file for file in self.files(paths)}
        idle = tuple(glob for glob, found in wanted.items() if not found)
        return Choice(tuple(unique[path] for path in sorted(unique)), idle)

    def goes(self, path: str) -> bool:
        if self.in_storage(path) or self.excluded(path):
            return False
        return not path.endswith(_YAML) or not self.is_configuration(self.folder / path)

    def is_configuration(self, file: Path) -> bool:
        return file in self.rules.configuration or names_orchestrator(file)

    def matching(self, glob: str) -> Iterator[str]:
        """Find the files of an `include`, ignored ones too."""
        matches, start = matcher([glob]), start_of(glob)
        if any(is_repository(part) for part in start.split("/")):
            return
        for path in walked(self.folder, is_repository, start):
            if matches(path) and not self.in_storage(path):
                yield path

    def files(self, paths: set[str]) -> Iterator[ProjectFile]:
        for path in paths:
            _check_name(path)
            source = f"{self.folder}/{path}"
            found = _status(source, os.lstat)
            if found and S_ISLNK(found.st_mode):
                yield from self.followed(path, paths)
            elif found:
                yield from _file(path, source, found)

    def followed(self, path: str, others: set[str]) -> Iterator[ProjectFile]:
        """Give the file that a link means; for a link to a folder, the files that go in there."""
        target = (self.folder / path).resolve()
        if not target.is_relative_to(self.root):
            raise PackageError(
                f"{path!r} is a link to {str(target)!r}, outside of the project folder",
                hint=f"copy it into the project, or leave it out: package: {{exclude: [{path}]}}",
            )
        start = target.relative_to(self.root).as_posix()
        prefix = "" if start == "." else f"{start}/"
        inside = [other for other in others if target.is_dir() and other.startswith(prefix)]
        ends = {f"{path}/{other[len(prefix) :]}": self.folder / other for other in inside}
        for name, file in ({path: target} | ends).items():
            found = _status(str(file), os.stat)
            if found and not (name in ends and file.is_symlink()):
                yield from _file(name, str(file), found)


def _status(source: str, ask: Callable[[str], os.stat_result]) -> os.stat_result | None:
    """Give what the disk says of a file; None for a broken link, or what was just deleted."""
    try:
        return ask(source)
    except FileNotFoundError:
        return None


def _file(path: str, source: str, found: os.stat_result) -> Iterator[ProjectFile]:
    """Give an ordinary file; nothing for a folder, a socket and the like."""
    if S_ISREG(found.st_mode):
        yield ProjectFile(path, source, found.st_size, bool(found.st_mode & S_IXUSR))


def _check_name(path: str) -> None:
    """Refuse a name that not every system could unpack."""
    if not path.isprintable() or "\\" in path or _DRIVE.match(path):
        raise PackageError(
            f"{path!r} can't be packaged: a backslash, a control character, bytes that aren't"
            " UTF-8, or a drive letter is in its name",
            hint="rename it, or leave it out with package.exclude",
        )


def _check_glob(glob: str) -> None:
    if glob.startswith(("/", "~")) or ".." in glob.split("/"):
        raise PackageError(
            f"{glob!r} in package.include or package.exclude leaves the project folder",
            hint="globs start at the project folder: data/*.csv, **/*.csv",
        )
