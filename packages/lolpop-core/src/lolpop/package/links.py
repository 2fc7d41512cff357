"""Follow the links of a project to the files that they mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from lolpop.errors import PackageError
from lolpop.package.listing import is_junk, is_repository, listed
from lolpop.package.names import check_name

_MOST = 100_000
"""Files that links may lead to: folders full of links to each other multiply what they hold."""


class Links:
    """Follows links, and says which it doesn't follow.

    Args:
        root: The project folder, links resolved.
        chosen: The paths that go into the package by themselves.
        goes: Tells whether another path may go in.
        excluded: Tells whether a path is left out on purpose.

    Attributes:
        warnings: What isn't followed, and why.
    """

    def __init__(
        self,
        root: Path,
        chosen: Collection[str],
        goes: Callable[[str], bool],
        excluded: Callable[[str], bool],
    ) -> None:
        self.warnings: list[str] = []
        self._root = str(root)
        self._chosen = chosen
        self._goes = goes
        self._excluded = excluded
        self._inside: dict[str, list[str]] = {}
        self._named: set[str] = set()
        self._count = 0

    def follow(
        self, name: str, link: str, around: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, str]]:
        """Give the files that a link means, each with its name in the package.

        Args:
            name: The link's name in the package.
            link: The link itself.
            around: The folders that the links around it lead to. A link back to one of them is
                not followed: it would never end.

        Raises:
            PackageError: It leads out of the project, or links lead to too much.
        """
        check_name(name)
        target = self._target(name, link)
        if target is None:
            return
        if not os.path.isdir(target):  # noqa: PTH112 - paths of strings, for their speed
            yield self._counted(name), target
        elif self._enters(name, link, target, around):
            yield from self._beneath(name, target, around | {target})

    def _beneath(self, name: str, target: str, around: frozenset[str]) -> Iterator[tuple[str, str]]:
        for inner in self._files(target):
            at, file = f"{name}/{inner}", f"{target}/{inner}"
            if self._excluded(at):
                continue
            if os.path.islink(file):  # noqa: PTH114
                yield from self.follow(at, file, around)
            else:
                yield self._counted(at), file

    def _target(self, name: str, link: str) -> str | None:
        """Give what a link leads to in the end; None, and a warning, if that is nothing."""
        target = os.path.realpath(link)
        if not Path(target).is_relative_to(self._root):
            raise leads_outside(name, target)
        try:
            os.stat(target)  # noqa: PTH116
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise PackageError(f"can't read {name!r}: {error.strerror}") from error
            what = f"a link to {os.readlink(link)!r}, which isn't there"  # noqa: PTH115
            loop = error.errno == errno.ELOOP
            self._warn(name, link, "a link that leads to itself" if loop else what)
            return None
        return target

    def _enters(self, name: str, link: str, target: str, around: frozenset[str]) -> bool:
        path = self._relative(target)
        if target in around:
            self._warn(name, link, f"a link back to {path!r}, which it lies in")
            return False
        parts = path.split("/")
        if any(map(is_repository, parts)) or is_junk(path) or not self._goes(path):
            self._warn(name, link, f"a link to {path!r}, which isn't packaged")
            return False
        return True

    def _files(self, target: str) -> list[str]:
        """List what goes in of a folder: what went in by itself, and what is listed there.

        Git lists nothing in a folder that it ignores, so that all of it counts: as for a file,
        the link says that it is wanted.
        """
        if target not in self._inside:
            path = self._relative(target)
            prefix = "" if path == "." else f"{path}/"
            own = {each[len(prefix) :] for each in self._chosen if each.startswith(prefix)}
            further = (each for each in listed(Path(target)) if self._goes(prefix + each))
            self._inside[target] = sorted(own.union(further))
        return self._inside[target]

    def _relative(self, target: str) -> str:
        return Path(target).relative_to(self._root).as_posix()

    def _counted(self, name: str) -> str:
        self._count += 1
        if self._count > _MOST:
            raise PackageError(
                f"links lead to more than {_MOST:,} files, such as {name!r}",
                hint="leave out those that lead to each other: package: {exclude: […]}",
            )
        return name

    def _warn(self, name: str, link: str, what: str) -> None:
        """Name a link once, wherever it is come by."""
        place = f"{os.path.realpath(os.path.dirname(link))}/{os.path.basename(link)}"  # noqa: PTH119, PTH120
        if place not in self._named:
            self._named.add(place)
            self.warnings.append(f"{name!r} is {what}: it is left out")


def leads_outside(path: str, target: str) -> PackageError:
    """Make the error of a link that leads out of the project."""
    return PackageError(
        f"{path!r} is a link to {target!r}, outside of the project folder",
        hint=f"copy it into the project, or leave it out: package: {{exclude: [{path}]}}",
    )
