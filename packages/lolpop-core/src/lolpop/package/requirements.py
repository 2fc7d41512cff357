"""What a project says it requires: a requirements file, or its `pyproject.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from lolpop.errors import PackageError

_COMMENT = re.compile(r"(^|\s)#.*$")
_FURTHER = re.compile(r"(?:-r|--requirement)[\s=]*(.+)")
_EDITABLE = re.compile(r"-e\s|--editable[\s=]")
_OPTION = re.compile(r"\s--?[a-z].*$")
_NAME_HINT = "write its name, or NAME @ URL"


@dataclass(frozen=True, slots=True)
class Required:
    """A requirement and where it stands.

    Attributes:
        requirement: What is required.
        source: The file, with the line where it has one, or the distribution that says it.
    """

    requirement: Requirement
    source: str


def required_by(folder: Path, file: str | None) -> list[Required]:
    """Read what a project requires.

    Args:
        folder: The project folder.
        file: `package.requirements`, or None for the project's own dependencies.

    Raises:
        PackageError: A file can't be read, or a line names no distribution.
    """
    if file is not None:
        return list(_from_file(folder / file, file, ()))
    project = _project_table(folder / "pyproject.toml")
    texts = project.get("dependencies", []) if isinstance(project, dict) else []
    return [Required(_parsed(text, "pyproject.toml"), "pyproject.toml") for text in texts]


def _project_table(file: Path) -> Any:
    try:
        return tomllib.loads(file.read_text("utf-8")).get("project", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PackageError(f"can't read {file.name!r}: {error}") from error


def _from_file(file: Path, name: str, outer: tuple[Path, ...]) -> Iterator[Required]:
    if file in outer:
        return
    for number, line in _lines(file, name):
        where = f"{name}:{number}"
        if further := _FURTHER.fullmatch(line):
            inner = Path(name).parent / further[1]
            yield from _from_file(file.parent / further[1], inner.as_posix(), (*outer, file))
        elif _EDITABLE.match(line):
            raise PackageError(f"{where}: {line!r} names no distribution", hint=_NAME_HINT)
        elif not line.startswith("-"):
            yield Required(_parsed(_OPTION.sub("", line), where), where)


def _lines(file: Path, name: str) -> Iterator[tuple[int, str]]:
    """Give the lines that say something, those that a backslash continues joined."""
    try:
        text = file.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PackageError(
            f"can't read the requirements {name!r}: {reason}",
            hint="package.requirements starts at the project folder",
        ) from error
    pending = ""
    for number, line in enumerate(text.splitlines(), 1):
        pending += _COMMENT.sub("", line)
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        if pending.strip():
            yield number, pending.strip()
        pending = ""


def _parsed(text: str, source: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise PackageError(f"{source}: {text!r} names no distribution", hint=_NAME_HINT) from error
