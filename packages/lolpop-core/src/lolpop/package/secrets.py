"""Refuse secrets that stand in the configuration as they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from lolpop.config.env import EnvName, EnvRef
from lolpop.config.nodes import Node
from lolpop.config.paths import below, written
from lolpop.errors import Problem, SecretError, UnsetVariableError
from lolpop.package.credentials import credential_in

_NAMES = ("password", "passwd", "secret", "token", "api_key", "access_key", "private_key")
_JOINED = tuple(name.replace("_", "") for name in _NAMES)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def refuse_secrets(root: Node, allowed: Sequence[str]) -> None:
    """Refuse a configuration with a literal where a secret belongs.

    Args:
        root: The part of the configuration that would enter the package.
        allowed: The dotted paths of values that are no secrets, or of mappings of such.

    Raises:
        SecretError: There is one; all of them are in it, none with its value.
    """
    problems = [
        problem
        for path, node, name in _beneath(root, "", "")
        if (problem := _literal(node, path, name)) and not _is_allowed(path, allowed)
    ]
    if problems:
        raise SecretError(problems)


def refuse_kept(node: Node, path: str, allowed: Sequence[str]) -> None:
    """Refuse values that an engine would keep where a secret belongs, wherever they come from.

    Args:
        node: The part of the configuration that an engine is told.
        path: Its dotted path.
        allowed: The dotted paths of values that are no secrets, or of mappings of such.

    Raises:
        SecretError: There is one; all of them are in it, none with its value.
    """
    problems = [
        problem
        for where, child, name in _beneath(node, path, "")
        if (problem := _kept(child, where, name)) and not _is_allowed(where, allowed)
    ]
    if problems:
        raise SecretError(problems)


def is_secret(key: str) -> bool:
    """Tell whether a key's last word says that its value is a secret."""
    words = [word.lower() for word in _WORD.findall(key)]
    return bool(words) and (words[-1] in _JOINED or "_".join(words[-2:]) in _NAMES)


def _beneath(node: Node, path: str, secret: str) -> Iterator[tuple[str, Node, str]]:
    """Yield the scalars, each with the nearest key above it that names a secret, if one does."""
    if isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _beneath(child, below(path, index), secret)
    elif node.is_mapping:
        for key, child in node.items():
            name = written(key)
            yield from _beneath(child, below(path, key), name if is_secret(name) else secret)
    else:
        yield path, node, secret


def _is_literal(value: object) -> bool:
    if isinstance(value, EnvRef):
        return any(isinstance(part, EnvName) and part.default for part in value.parts)
    return _is_value(value)


def _is_value(value: object) -> bool:
    return value is not None and value != "" and not isinstance(value, bool)


def _is_allowed(path: str, allowed: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in allowed)


def _literal(node: Node, path: str, name: str) -> Problem | None:
    late = isinstance(node.value, EnvRef)
    if name and _is_literal(node.value):
        what = "the default of a variable" if late else "the value"
        said = f"{what} under {name!r} may be a secret"
    elif credential := credential_in(node.value):
        said = f"the value seems to hold {credential}"
    else:
        return None
    instead = _reference(name or path.rpartition(".")[2])
    hint = f"write {instead}, or if it is none: package: {{allow_literals: ['{path}']}}"
    return node.problem(f"{said}, and would be in the package for all to read", path, hint)


def _kept(node: Node, path: str, name: str) -> Problem | None:
    if name and _is_value(node.value):
        said = f"the value under {name!r} may be a secret"
    elif credential := credential_in(_read(node.value)):
        said = f"the value seems to hold {credential}"
    else:
        return None
    hint = (
        f"write {_reference(name or path.rpartition('.')[2])} into the workflow's own `config`,"
        " which a step reads when it runs, or if it is none: package: {allow_literals:"
        f" ['{path}']}}"
    )
    return node.problem(f"{said}, and the engine would keep and show it", path, hint)


def _read(value: object) -> object:
    """Read the variables of a value that are set: an engine is told what they give."""
    try:
        return value.read(os.environ) if isinstance(value, EnvRef) else value
    except UnsetVariableError:
        return value


def _reference(name: str) -> str:
    return f"${{env:{'_'.join(_WORD.findall(name)).upper() or 'NAME'}}}"
