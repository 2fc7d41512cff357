"""Validate located values with pydantic, and say where each error stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from lolpop.config.annotations import key_of, keys_of, model_in, rebase, typed_children
from lolpop.config.env import EnvRef
from lolpop.config.nodes import Key, Node, has_env, kind_of, leaves, plain
from lolpop.config.paths import below, written
from lolpop.errors import Place, Problem, UnsetVariableError, nearest

__all__ = ["keys_of", "read", "rebase", "unknown_key", "unset", "validate"]

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "path_type": "a path",
    "none_required": "nothing",
}
# Other messages may repeat the value, which nobody may see if the environment gave it.
_WITHOUT_VALUES = {*_EXPECTED, "literal_error"}


def validate(
    model: type[Model],
    values: Mapping[str, Node],
    place: Place,
    path: str,
    environ: Mapping[str, str] | None = None,
) -> tuple[Model, list[Problem]]:
    """Build a model from located values.

    Args:
        model: The pydantic model; unknown keys are refused unless it allows them itself.
        values: A node for each key that is given.
        place: Where to point when a required key is missing.
        path: The dotted path of the section.
        environ: Where to read environment variables; with None, values that need one
            stay `EnvRef`s and aren't validated.

    Returns:
        The model, and what is wrong. With problems, or with `EnvRef`s among the values,
        the model isn't validated as a whole.
    """
    located = Node(dict(values), place, Path())
    problems = list(_unknown_keys(model, located, path))
    known = _by_name(model, values)
    late = {}
    for name, node in known.items():
        if _is_late(node, environ):
            where = below(path, key_of(model, name))
            late[name], more = _waiting(model.model_fields.get(name), node, where, environ)
            problems += [problem for problem in more if problem not in problems]
    now = {name: read(node, environ) for name, node in known.items() if name not in late}
    given = {key_of(model, name): value for name, value in now.items()}
    try:
        built = model.model_validate(given)
    except ValidationError as error:
        details = [found for found in error.errors() if not _is_skipped(found, late, model)]
        noted = {problem.path for problem in problems}
        found_here = [_problem(found, located, path) for found in details]
        problems += [problem for problem in found_here if problem.path not in noted]
        return model.model_construct(**now, **late), problems
    return (built.model_copy(update=late) if late else built), problems


def _waiting(
    field: FieldInfo | None, node: Node, path: str, environ: Mapping[str, str] | None
) -> tuple[Any, list[Problem]]:
    """Give a value that waits for the environment; in a model, the rest of it is checked."""
    inner = model_in(field.annotation) if field else None
    if inner and node.is_mapping:
        values = {written(key): child for key, child in node.items()}
        return validate(inner, values, node.place, path, environ)
    return plain(node), []


def _is_late(node: Node, environ: Mapping[str, str] | None) -> bool:
    if not has_env(node):
        return False
    return environ is None or any(True for _ in unset(node, "", environ))


def read(node: Node, environ: Mapping[str, str] | None) -> Any:
    """Give a plain value, environment variables read if `environ` is there to read."""
    if environ is None:
        return plain(node)
    return plain(node, lambda leaf: _read_leaf(leaf.value, environ))


def _read_leaf(value: Any, environ: Mapping[str, str]) -> Any:
    if not isinstance(value, EnvRef):
        return value
    try:
        return value.read(environ)
    except UnsetVariableError:
        return value


def unset(node: Node, path: str, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Find the values that need an environment variable which isn't set."""
    for where, leaf in leaves(node, path):
        if isinstance(leaf.value, EnvRef):
            try:
                leaf.value.read(environ)
            except UnsetVariableError as error:
                yield leaf.problem(error.message, where, error.hint)


def _by_name(model: type[BaseModel], values: Mapping[str, Node]) -> dict[str, Node]:
    """Give the nodes by the names of their fields; further keys only if the model allows them."""
    names = {key_of(model, name): name for name in model.model_fields}
    further = model.model_config.get("extra") == "allow"
    return {names.get(key, key): node for key, node in values.items() if further or key in names}


def _unknown_keys(annotation: Any, node: Node, path: str) -> Iterator[Problem]:
    """Find the keys that no model knows, in nested models too."""
    model = model_in(annotation)
    if node.is_mapping and model:
        fields = keys_of(model)
        for key, child in node.items():
            if key not in fields and model.model_config.get("extra") != "allow":
                yield unknown_key(key, child, fields, path)
    for key, child, inner in typed_children(annotation, node):
        yield from _unknown_keys(inner, child, below(path, key))


def unknown_key(key: Key, node: Node, known: Mapping[str, Any], path: str) -> Problem:
    """Make the problem of a key that nobody knows, with the nearest one that is known."""
    likely = nearest(key, known)
    expected = ", ".join(known) or "no keys at all"
    hint = f"did you mean {likely!r}?" if likely else f"expected {expected}"
    return node.key_problem(f"unknown key {written(key)!r}", below(path, key), hint)


def _is_skipped(found: ErrorDetails, late: Mapping[str, Any], model: type[BaseModel]) -> bool:
    """Whether an error is about a value that the environment will give."""
    if not late:
        return False
    keys = {key_of(model, name) for name in late} | set(late)
    return not found["loc"] or found["loc"][0] in keys


def _problem(found: ErrorDetails, root: Node, path: str) -> Problem:
    node, where = root, path
    # What isn't a key in the file is pydantic's own: the member of a union, or "[key]".
    for part in found["loc"]:
        child = node.get(part)
        if child is not None:
            node, where = child, below(where, part)
    last = found["loc"][-1] if found["loc"] else ""
    if found["type"] == "missing":
        return Problem("a value is required", node.place, below(where, last))
    if found["type"] == "extra_forbidden":
        return node.key_problem(f"unknown key {str(last)!r}", where)
    if last == "[key]":
        return node.key_problem(
            f"expected {_EXPECTED.get(found['type'], 'another key')} as key", where
        )
    if has_env(root) and found["type"] not in _WITHOUT_VALUES:
        return node.problem(f"not a valid value, got {kind_of(node.value)}", where)
    return node.problem(_message(found, node), where)


def _message(found: ErrorDetails, node: Node) -> str:
    got = kind_of(node.value)
    expected = _EXPECTED.get(found["type"])
    if expected:
        return f"expected {expected}, got {got}"
    if found["type"] == "value_error":
        return f"{found.get('ctx', {}).get('error', found['msg'])}, got {got}"
    if found["type"] == "literal_error":
        return f"expected {found['ctx']['expected']}, got {got}"
    text = found["msg"]
    return f"{text[:1].lower()}{text[1:]}, got {got}"
