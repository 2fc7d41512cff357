"""Which files a folder holds: as git sees them, or all that is there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from lolpop.errors import PackageError

JUNK = (
    *(".git", ".hg", ".svn", ".venv", "__pycache__", "*.pyc", "*.pyo", "*.egg-info"),
    *(".nox", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
    *(".ipynb_checkpoints", ".lolpop", "node_modules", ".idea", ".vscode", ".DS_Store"),
    *(".coverage", ".coverage.*", ".env", ".env.*", ".netrc", ".pypirc"),
)
_NAMES = "|".join(re.escape(name).replace(r"\*", "[^/]*") for name in JUNK)
_BENEATH_JUNK = re.compile(f"(?:^|/)(?:{_NAMES})(?:/|$)")
_NEVER = frozenset({".git", ".hg", ".svn"})
_MARK = "pyvenv.cfg"  # stands in every virtual environment
_SUBMODULE = b"160000 "
_UNOPENED = re.compile("warning: could not open directory '(.*)/': ")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds.

    Attributes:
        files: The paths of its files, with forward slashes, sorted. Links are in it, not
            followed, and so are folders that can't be listed.
        absent: The submodules of git that aren't checked out.
    """

    files: Sequence[str]
    absent: Sequence[str] = ()


def listing(folder: Path) -> Listing:
    """List a folder's files.

    In a git work tree these are the files that git doesn't ignore, elsewhere all. Caches,
    environments and the like are left out in both.

    Raises:
        PackageError: It is a work tree that git refuses.
    """
    found = _seen_by_git(folder)
    if found is None or not (found.files or found.absent):
        found = Listing(list(walked(folder, is_junk)))
    files = _without_environments(name for name in found.files if not is_junk(name))
    return Listing(files, found.absent)


def listed(folder: Path) -> Sequence[str]:
    """Give the paths of a folder's files, as `listing` does."""
    return listing(folder).files


def is_junk(path: str) -> bool:
    """Tell whether a file, or a folder around it, is nobody's source."""
    return _BENEATH_JUNK.search(path) is not None


def is_repository(name: str) -> bool:
    """Tell whether a folder of this name is a version control's own."""
    return name in _NEVER


def walked(folder: Path, skips: Callable[[str], bool], within: str = "") -> Iterator[str]:
    """Walk through a folder without following links; one that can't be listed is given itself.

    Args:
        folder: What paths start at.
        skips: Tells by its name what is left out.
        within: The folder beneath it to walk through, or the one file.
    """
    if within and not (folder / within).is_dir():
        if os.path.lexists(folder / within):
            yield within
        return
    waiting = [within]
    while waiting:
        here = waiting.pop()
        prefix = f"{here}/" if here else ""
        try:
            entries = list(os.scandir(f"{folder}/{here}"))
        except FileNotFoundError:  # deleted meanwhile
            continue
        except OSError:
            yield here or "."
            continue
        for entry in entries:
            if skips(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(prefix + entry.name)
            else:
                yield prefix + entry.name


def _without_environments(names: Iterator[str]) -> list[str]:
    found = sorted(set(names))
    marks = [name.removesuffix(_MARK) for name in found if name.endswith(f"/{_MARK}")]
    inside = tuple(marks)
    return [name for name in found if not name.startswith(inside)] if inside else found


def _seen_by_git(folder: Path) -> Listing | None:
    """Ask git; None where there is no git, or no work tree of it."""
    done = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if done is None:
        return None
    said = os.fsdecode(done.stderr)
    if done.returncode:
        _check_refusal(folder, said)
        return None
    entries = [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    files = [name for name in entries if _is_file(f"{folder}/{name}")]
    others = sorted({name.rstrip("/") for name in entries} - set(files))
    inner = [_inner(folder, name) for name in _repositories(folder, others)]
    return Listing(
        [*files, *_unopened(folder, said), *chain.from_iterable(each.files for each in inner)],
        [name for each in inner for name in each.absent],
    )


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    """Call git; None where it isn't installed."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, env={**variables, "LC_ALL": "C"}, capture_output=True
        )
    except FileNotFoundError:
        return None


def _check_refusal(folder: Path, said: str) -> None:
    """Pass over a folder that is no work tree; anything else would change what goes in."""
    if "not a git repository" in said:
        return
    first = said.strip().partition("\n")[0]
    raise PackageError(
        f"git can't list the files of {str(folder)!r}: {first}",
        hint="`git status` there says more",
    )


def _is_file(path: str) -> bool:
    return os.path.islink(path) or os.path.isfile(path)  # noqa: PTH113, PTH114 - refuse nothing


def _unopened(folder: Path, said: str) -> list[str]:
    """Give the folders that git couldn't list, which it passes over with a warning."""
    names: list[str] = _UNOPENED.findall(said)
    if not names:
        return []
    done = _git(folder, "rev-parse", "--show-prefix")
    prefix = os.fsdecode(done.stdout.strip()) if done else ""
    return [name.removeprefix(prefix) for name in names]


def _repositories(folder: Path, names: Sequence[str]) -> Iterator[str]:
    """Give those of git's entries that are repositories within, checked out or not."""
    known: set[str] | None = None
    for name in names:
        if (folder / name / ".git").exists():
            yield name
            continue
        known = _submodules(folder) if known is None else known
        if name in known:
            yield name


def _submodules(folder: Path) -> set[str]:
    done = _git(folder, "ls-files", "-z", "--stage")
    lines = done.stdout.split(b"\0") if done else []
    return {os.fsdecode(line.partition(b"\t")[2]) for line in lines if line.startswith(_SUBMODULE)}


def _inner(folder: Path, name: str) -> Listing:
    """List a repository within; a submodule may have been filled without git, or not at all."""
    path = folder / name
    if (path / ".git").exists():
        found = listing(path)
    elif path.is_dir() and any(path.iterdir()):
        found = Listing(list(walked(path, is_junk)))
    else:
        return Listing([], [name])
    return Listing(
        [f"{name}/{each}" for each in found.files], [f"{name}/{each}" for each in found.absent]
    )
