"""Choose the project's files that go into a package."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISLNK, S_ISREG, S_ISSOCK, S_IXUSR

from lolpop.errors import PackageError
from lolpop.package.globs import literal, matcher, start_of
from lolpop.package.links import Links, leads_outside
from lolpop.package.listing import is_repository, listing, walked
from lolpop.package.names import check_name
from lolpop.package.overlays import Configurations


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
        warnings: What is left out though somebody may want it, one sentence each.
    """

    files: tuple[ProjectFile, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides about the files.

    Attributes:
        include: Globs of files that go in whatever else says no.
        exclude: Globs of files that stay out.
        storage: The storage's folder, from which nothing goes in, or None if it is elsewhere.
        configuration: The configuration files, which a package has in a form of its own.
        integrations: The names of the workflow's integrations, which may head a section there.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    storage: Path | None = None
    configuration: Sequence[Path] = ()
    integrations: Collection[str] = ()


def chosen(folder: Path, rules: Rules) -> Choice:
    """Choose the files beneath a project folder that go into its package.

    Raises:
        PackageError: A link leads out of the project, a name can't be packaged, a
            folder can't be listed, or a glob leaves the project.
    """
    return _Selection(folder, rules).made()


class _Selection:
    def __init__(self, folder: Path, rules: Rules) -> None:
        self.folder = folder
        self.root = folder.resolve()
        self.rules = rules
        for glob in (*rules.include, *rules.exclude):
            _check_glob(glob)
        self.warnings: list[str] = []
        self.is_configuration = Configurations(rules.configuration, rules.integrations)
        self.excluded = matcher(rules.exclude)
        self.in_storage = self.beneath(rules.storage)

    def beneath(self, storage: Path | None) -> Callable[[str], bool]:
        """Make a test of paths in the storage's folder."""
        inside = storage.resolve() if storage else self.root
        if inside == self.root or not inside.is_relative_to(self.root):
            return lambda path: False
        return matcher([literal(inside.relative_to(self.root).as_posix())])

    def made(self) -> Choice:
        found = listing(self.folder)
        usual = [path for path in found.files if self.goes(path)]
        wanted = {glob: list(self.matching(glob)) for glob in self.rules.include}
        paths = {path for paths in (usual, *wanted.values()) for path in paths}
        links = Links(self.root, paths, self.goes, self.excluded)
        unique = {file.path: file for path in sorted(paths) for file in self.files(path, links)}
        warnings = (
            *(_absent(name) for name in found.absent if not self.excluded(name)),
            *links.warnings,
            *self.warnings,
            *(_idle(glob) for glob, matches in wanted.items() if not matches),
        )
        return Choice(tuple(unique[path] for path in sorted(unique)), warnings)

    def goes(self, path: str) -> bool:
        if self.in_storage(path) or self.excluded(path):
            return False
        return not self.is_configuration(f"{self.folder}/{path}")

    def matching(self, glob: str) -> Iterator[str]:
        """Find the files of an `include`, ignored ones too."""
        matches, start = matcher([glob]), start_of(glob)
        if any(is_repository(part) for part in start.split("/")):
            return
        if not (target := (self.folder / start).resolve()).is_relative_to(self.root):
            raise leads_outside(start, str(target))
        for path in walked(self.folder, is_repository, start):
            if matches(path) and not self.in_storage(path):
                yield path

    def files(self, path: str, links: Links) -> Iterator[ProjectFile]:
        """Give the file of a path; of a link, all that it leads to."""
        check_name(path)
        source = f"{self.folder}/{path}"
        found = _status(path, source, os.lstat)
        if found and S_ISLNK(found.st_mode):
            for name, file in links.follow(path, source):
                check_name(name)
                yield from self.file(name, file, _status(name, file, os.stat))
        else:
            yield from self.file(path, source, found)

    def file(self, path: str, source: str, found: os.stat_result | None) -> Iterator[ProjectFile]:
        """Give an ordinary file; a pipe and the like is named, and left out."""
        if found is None:
            return
        if S_ISREG(found.st_mode):
            yield ProjectFile(path, source, found.st_size, bool(found.st_mode & S_IXUSR))
        elif S_ISDIR(found.st_mode):
            raise PackageError(
                f"can't list the folder {path!r}",
                hint=f"let yourself read it, or leave it out: package: {{exclude: [{path}]}}",
            )
        else:
            self.warnings.append(f"{path!r} is {_kind(found.st_mode)}: it is left out")


def _status(path: str, source: str, ask: Callable[[str], os.stat_result]) -> os.stat_result | None:
    """Give what the disk says of a file; None for what was just deleted."""
    try:
        return ask(source)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PackageError(f"can't read {path!r}: {error.strerror}") from error


def _kind(mode: int) -> str:
    if S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if S_ISSOCK(mode) else "a device"


def _absent(name: str) -> str:
    return f"{name!r} is a submodule of git that isn't checked out: `git submodule update --init`"


def _idle(glob: str) -> str:
    return f"{glob!r} in package.include matches no file"


def _check_glob(glob: str) -> None:
    if glob.startswith(("/", "~")) or ".." in glob.split("/"):
        raise PackageError(
            f"{glob!r} in package.include or package.exclude leaves the project folder",
            hint="globs start at the project folder: data/*.csv, **/*.csv",
        )
