"""Which files a folder holds: as git sees them, or all that is there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
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


def listed(folder: Path) -> list[str]:
    """List a folder's files, as paths with forward slashes; links are listed, not followed.

    In a git work tree these are the files that git doesn't ignore, elsewhere all. Caches,
    environments and the like are left out in both.
    """
    names = _seen_by_git(folder) or list(walked(folder, is_junk))
    return _without_environments(name for name in names if not is_junk(name))


def is_junk(path: str) -> bool:
    """Tell whether a file, or a folder around it, is nobody's source."""
    return _BENEATH_JUNK.search(path) is not None


def is_repository(name: str) -> bool:
    """Tell whether a folder of this name is a version control's own."""
    return name in _NEVER


def walked(folder: Path, skips: Callable[[str], bool], within: str = "") -> Iterator[str]:
    """Walk through a folder without following links.

    Args:
        folder: What paths start at.
        skips: Tells by its name what is left out.
        within: The folder beneath it to walk through, or the one file.
    """
    if within and not (folder / within).is_dir():
        if os.path.lexists(folder / within):
            yield within
        return
    prefix = f"{within}/" if within else ""
    with os.scandir(folder / within) as entries:
        for entry in entries:
            if skips(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from walked(folder, skips, prefix + entry.name)
            else:
                yield prefix + entry.name


def _without_environments(names: Iterator[str]) -> list[str]:
    found = sorted(set(names))
    marks = [name.removesuffix(_MARK) for name in found if name.endswith(f"/{_MARK}")]
    inside = tuple(marks)
    return [name for name in found if not name.startswith(inside)] if inside else found


def _seen_by_git(folder: Path) -> list[str] | None:
    """Ask git; None where there is no git, or no work tree of it."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    arguments = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(
            arguments, cwd=folder, env={**variables, "LC_ALL": "C"}, capture_output=True
        )
    except FileNotFoundError:
        return None
    if done.returncode:
        _check_refusal(folder, os.fsdecode(done.stderr))
        return None
    entries = [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    return [name for entry in entries for name in _inside(folder, entry)]


def _check_refusal(folder: Path, said: str) -> None:
    """Pass over a folder that is no work tree; anything else would change what goes in."""
    if "not a git repository" in said:
        return
    first = said.strip().partition("\n")[0]
    raise PackageError(
        f"git can't list the files of {str(folder)!r}: {first}",
        hint="`git status` there says more",
    )


def _inside(folder: Path, entry: str) -> list[str]:
    """Give an entry of git's list that is there; for a repository within, what it holds."""
    name = entry.rstrip("/")
    path = folder / name
    if path.is_symlink() or path.is_file():
        return [name]
    if not (path / ".git").exists():
        return []
    return [f"{name}/{inner}" for inner in listed(path)]
