"""Find configured values that name a file which the package would not have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from lolpop.config.nodes import Node, leaves
from lolpop.errors import ConfigError, PackageError, Problem
from lolpop.package.globs import literal, matcher

_LONGEST = 1000


def refuse_missing(
    root: Node, folder: Path, packaged: Collection[str], exclude: Collection[str]
) -> None:
    """Refuse a configuration that names a file of the project which would be left out.

    Args:
        root: The values to look at.
        folder: The project folder.
        packaged: The paths that go into the package.
        exclude: The globs of files that are left out on purpose.

    Raises:
        ConfigError: There is one; all of them are in it.
    """
    meant = matcher(exclude)
    problems = [
        node.problem(_message(path), where, _hint(path))
        for where, node, path in _named(root, folder)
        if path not in packaged and not meant(path)
    ]
    if problems:
        raise ConfigError(problems)


def refuse_missing_code(modules: Iterable[Path], folder: Path, packaged: Collection[str]) -> None:
    """Refuse to leave out project files that the workflow's classes stand in.

    Raises:
        PackageError: One would be left out.
    """
    root = folder.resolve()
    for module in modules:
        file = module.resolve()
        if file.is_relative_to(root) and "site-packages" not in file.parts:
            path = file.relative_to(root).as_posix()
            if path not in packaged:
                raise PackageError(
                    f"the workflow's code in {path!r} would not be in the package",
                    hint=f"put it in: {include_line(path)}",
                )


def include_line(path: str) -> str:
    """Write what puts one file into the package."""
    return f"package: {{include: ['{literal(path)}']}}"


def outside(root: Node, folder: Path) -> Iterator[Problem]:
    """Find relative paths that lead to something outside of the project folder."""
    for where, node in leaves(root):
        text = node.value
        if isinstance(text, str) and text.startswith("../") and _exists(folder / text):
            message = f"{text!r} is outside of the project folder, and not in the package"
            yield node.problem(message, where)


def _named(root: Node, folder: Path) -> Iterator[tuple[str, Node, str]]:
    for where, node in leaves(root):
        if isinstance(node.value, str) and (path := _file_of(node.value, folder)):
            yield where, node, path


def _file_of(text: str, folder: Path) -> str | None:
    """Give the project's file that a text names, or None if it names none."""
    if not _may_be_path(text) or not _exists(folder / text, file=True):
        return None
    path = Path(folder, text)
    inside = Path(*path.parts[len(folder.parts) :])
    if ".." in inside.parts:
        resolved = path.resolve()
        if not resolved.is_relative_to(folder.resolve()):
            return None
        inside = resolved.relative_to(folder.resolve())
    return inside.as_posix()


def _may_be_path(text: str) -> bool:
    return 0 < len(text) < _LONGEST and text[0] not in "/~" and text.isprintable()


def _exists(path: Path, file: bool = False) -> bool:
    try:
        return path.is_file() if file else path.exists()
    except (OSError, ValueError):
        return False


def _message(path: str) -> str:
    return f"names the file {path!r}, which would not be in the package"


def _hint(path: str) -> str:
    return f"put it in: {include_line(path)}; or name it in package.exclude if no step reads it"
