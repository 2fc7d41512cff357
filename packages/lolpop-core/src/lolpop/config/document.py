"""The whole configuration of a project: its files, laid over each other, links resolved."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from lolpop.config.links import resolve
from lolpop.config.nodes import Node, kind_of
from lolpop.config.overlay import lay_over
from lolpop.config.overrides import read_override
from lolpop.config.reader import read
from lolpop.config.sections import ORCHESTRATOR
from lolpop.config.spelling import normalise
from lolpop.errors import ConfigError, Place, Problem

DEFAULT_FILE = "lolpop.yaml"
_LARGEST = 1_000_000
_INPUT = re.compile(r"/dev/(stdin|fd/\d+)|/proc/self/fd/\d+")


@dataclass(frozen=True, slots=True)
class Document:
    """A project's configuration as its files say it.

    Attributes:
        root: The merged document, links resolved, `EnvRef`s not read.
        folder: The project folder, absolute: that of the first file.
        files: The files, absolute, in the order in which they were laid over each other.
        overrides: The `--set` arguments laid over them.
        problems: What is wrong with links and sections, for the checks to add to.
    """

    root: Node
    folder: Path
    files: tuple[Path, ...]
    overrides: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def load(
    files: Sequence[str | Path] = (),
    overrides: Sequence[str] = (),
    modules: Sequence[str] = (),
    orchestrator_files: Sequence[str | Path] = (),
    orchestrator: str | None = None,
) -> Document:
    """Load a project's configuration.

    Args:
        files: The files, the first one the base, each further one laid over those before
            it; `lolpop.yaml` of the working folder if there are none.
        overrides: `PATH=VALUE` arguments, laid over all files.
        modules: Project modules besides those that the files list.
        orchestrator_files: Files that hold an orchestrator's section alone, or its config
            alone; they are laid over the other files.
        orchestrator: An orchestrator in place of the one that the configuration names.

    Raises:
        ConfigError: A file can't be read; every unreadable file is named at once.
    """
    names = [str(file) for file in files] or [DEFAULT_FILE]
    folder = _folder_of(_path(names[0]))
    problems: list[Problem] = []
    layers = [_attempt(problems, read_file, name) for name in names]
    layers += [_attempt(problems, _read_section, str(name)) for name in orchestrator_files]
    layers += [_attempt(problems, read_override, text, folder) for text in overrides]
    present = [layer for layer in layers if layer is not None]
    if problems:
        raise ConfigError(problems)
    normal = [normalise(layer, problems) for layer in present]
    root = normal[0]
    for layer in normal[1:]:
        root = lay_over(root, layer)
    root = resolve(_with_modules(root, modules), problems)
    if orchestrator is not None:
        root = _with_orchestrator(root, orchestrator)
    paths = tuple(_path(name).absolute() for name in names)
    return Document(root, folder, paths, tuple(overrides), tuple(problems))


def _attempt(problems: list[Problem], function: object, *arguments: object) -> Node | None:
    try:
        node: Node = function(*arguments)  # type: ignore[operator]
    except ConfigError as error:
        problems.extend(error.problems)
        return None
    return node


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no such user: a name as any other
        return Path(name)


def read_file(name: str) -> Node:
    """Read one file alone: a mapping of sections, nothing laid over it.

    Raises:
        ConfigError: It can't be read, or isn't a mapping.
    """
    path = _path(name)
    try:
        content = _content(path)
    except (OSError, ValueError) as error:
        raise ConfigError([_unreadable(name, error)]) from error
    node = read(content, name, _folder_of(path))
    if node.value is None:
        return node.with_value({})
    if not node.is_mapping:
        message = f"a configuration is a mapping of sections, not {kind_of(node.value)}"
        raise ConfigError([Problem(message, node.place)])
    return node


def _content(path: Path) -> bytes:
    """Read a file, or standard input; what is endless, or waits for a writer, isn't read.

    Raises:
        OSError: It can't be read.
        ValueError: It is no file, or too large to be a configuration.
    """
    if _is_input(path):
        return _input(path)
    # Without O_NONBLOCK, opening a pipe would wait until somebody writes to it.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        kind = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError
        if not stat.S_ISREG(kind):
            raise ValueError("it is neither a regular file nor standard input")
        return _limited(file)


@cache
def _input(path: Path) -> bytes:
    """Read standard input, which can be read once, or what a shell puts in a file's place."""
    with path.open("rb") as file:
        if stat.S_ISCHR(os.fstat(file.fileno()).st_mode) and not file.isatty():
            raise ValueError("it is neither a file, a pipe nor a terminal")
        return _limited(file)


def _limited(file: BinaryIO) -> bytes:
    content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST // 1_000_000} MB")
    return content


def _is_input(path: Path) -> bool:
    return _INPUT.fullmatch(str(path)) is not None


def _folder_of(path: Path) -> Path:
    """Give the folder that a file stands in; what is piped stands in the working folder."""
    return Path.cwd() if _is_input(path) else path.absolute().parent


def _read_section(name: str) -> Node:
    """Read an orchestrator's file as if it stood in the project's."""
    node = read_file(name)
    if node.get(ORCHESTRATOR) is not None:
        return node
    if not keys_of_section(node):
        node = node.with_value({"config": node})
    return node.with_value({ORCHESTRATOR: node})


def keys_of_section(node: Node) -> bool:
    """Tell whether a document has the shape of the section `orchestrator`."""
    return any(key == "config" or str(key).endswith("Orchestrator") for key, _ in node.items())


def _with_modules(root: Node, modules: Sequence[str]) -> Node:
    node = root.get("modules")
    listed = list(node.value) if node and isinstance(node.value, list) else []
    known = [item.value for item in listed]
    given = [Node(name, Place("-m", 1, 1), root.base) for name in modules if name not in known]
    if not given:
        return root
    return root.with_value({**dict(root.items()), "modules": root.with_value([*listed, *given])})


def _with_orchestrator(root: Node, name: str) -> Node:
    """Put a name in the place of the line that chooses the orchestrator."""
    named = root.get("decorators")
    if named is None or named.value is None:
        named = root.with_value({})
    if not named.is_mapping:  # the checks say so
        return root
    chosen = Node(name, Place("--deployer", 1, 1), root.base)
    entries = {ORCHESTRATOR: chosen, **dict(named.items())} | {ORCHESTRATOR: chosen}
    return root.with_value({**dict(root.items()), "decorators": named.with_value(entries)})


def _unreadable(name: str, error: OSError | ValueError) -> Problem:
    if isinstance(error, FileNotFoundError):
        hint = "name one with -c, or start a project with `lolpop init`"
        return Problem(f"no such file: {name!r}", Place(name, 1, 1), hint=hint)
    if isinstance(error, IsADirectoryError):
        hint = f"name a file in it: -c {Path(name) / DEFAULT_FILE}"
        return Problem(f"{name!r} is a folder", Place(name, 1, 1), hint=hint)
    reason = error.strerror if isinstance(error, OSError) else error
    if "\0" in name:  # each Python has words of its own for it
        reason = "a name can't have a null character"
    return Problem(f"can't read {name!r}: {reason}", Place(name, 1, 1))
