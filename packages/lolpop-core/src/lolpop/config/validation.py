"""Validate located values with pydantic, and say where each error stands."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from lolpop.config.env import EnvRef
from lolpop.config.nodes import Key, Node, has_env, kind_of, leaves, plain
from lolpop.config.paths import below
from lolpop.errors import Place, Problem, UnsetVariableError, nearest

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
    names = _names(model)
    known = {names[key]: node for key, node in values.items() if key in names}
    late = {name: plain(node) for name, node in known.items() if _is_late(node, environ)}
    now = {name: read(node, environ) for name, node in known.items() if name not in late}
    given = {_key(model, name): value for name, value in now.items()}
    try:
        built = model.model_validate(given)
    except ValidationError as error:
        details = [found for found in error.errors() if not _is_skipped(found, late, model)]
        problems += [_problem(found, located, path) for found in details]
        return model.model_construct(**now, **late), problems
    return (built.model_copy(update=late) if late else built), problems


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


def _key(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    alias = field.validation_alias
    return alias if isinstance(alias, str) else name


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give the fields of a model by the keys that YAML uses: their aliases, or their names."""
    return {_key(model, name): field for name, field in model.model_fields.items()}


def _names(model: type[BaseModel]) -> dict[str, str]:
    return {_key(model, name): name for name in model.model_fields}


def _unknown_keys(annotation: Any, node: Node, path: str) -> Iterator[Problem]:
    """Find the keys that no model knows, in nested models too."""
    inner = _inner(annotation)
    if isinstance(node.value, list):
        for index, item in enumerate(node.value):
            yield from _unknown_keys(inner, item, below(path, index))
    elif isinstance(node.value, dict) and _is_model(inner):
        fields = keys_of(inner)
        for key, child in node.value.items():
            if key in fields:
                yield from _unknown_keys(fields[key].annotation, child, below(path, key))
            elif inner.model_config.get("extra") != "allow":
                yield unknown_key(key, child, fields, path)
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _unknown_keys(inner, child, below(path, key))


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inner(annotation: Any) -> Any:
    """Find the model in `Model | None`, `list[Model]` and `dict[str, Model]`."""
    if _is_model(annotation):
        return annotation
    found = [_inner(part) for part in get_args(annotation)]
    models = [part for part in found if _is_model(part)]
    return models[0] if len(models) == 1 else None


def unknown_key(key: Key, node: Node, known: Mapping[str, Any], path: str) -> Problem:
    """Make the problem of a key that nobody knows, with the nearest one that is known."""
    likely = nearest(key, known)
    expected = ", ".join(known) or "no keys at all"
    hint = f"did you mean {likely!r}?" if likely else f"expected {expected}"
    return node.key_problem(f"unknown key {str(key)!r}", below(path, key), hint)


def _is_skipped(found: ErrorDetails, late: Mapping[str, Any], model: type[BaseModel]) -> bool:
    """Whether an error is noted already, or about a value that the environment will give."""
    if found["type"] == "extra_forbidden":
        return True
    if not late:
        return False
    keys = {_key(model, name) for name in late} | set(late)
    return not found["loc"] or found["loc"][0] in keys


def _problem(found: ErrorDetails, root: Node, path: str) -> Problem:
    node, where, rest = root, path, list(found["loc"])
    while rest and (child := node.get(rest[0])) is not None:
        node, where = child, below(where, rest.pop(0))
    if found["type"] == "missing":
        missing = below(where, rest[-1]) if rest else where
        return Problem("a value is required", node.place, missing)
    return Problem(_message(found, node), node.place, where)


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


def rebase(annotation: Any, node: Node, folder: Path) -> Node:
    """Make relative paths start at the project folder instead of at their file's folder.

    Args:
        annotation: The type of the value; only what it types as `Path` is touched.
        node: The value.
        folder: The project folder, absolute.
    """
    if _is_path(annotation):
        return node.with_value(_rebased(node, folder))
    if get_origin(annotation) in (Union, types.UnionType, Annotated):
        if str in get_args(annotation):
            return node
        for part in get_args(annotation):
            node = rebase(part, node, folder)
        return node
    if isinstance(node.value, list) and get_args(annotation):
        inner = get_args(annotation)[0]
        return node.with_value([rebase(inner, item, folder) for item in node.value])
    if isinstance(node.value, dict):
        types_of = _entry_types(annotation)
        return node.with_value(
            {key: rebase(types_of(key), child, folder) for key, child in node.value.items()}
        )
    return node


def _is_path(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Path)


def _entry_types(annotation: Any) -> Any:
    if _is_model(annotation):
        fields = keys_of(annotation)
        return lambda key: fields[key].annotation if key in fields else None
    arguments = get_args(annotation)
    return lambda key: arguments[1] if len(arguments) == 2 else None


def _rebased(node: Node, folder: Path) -> Any:
    if not isinstance(node.value, str) or node.value.startswith("~"):
        return str(Path(node.value).expanduser()) if isinstance(node.value, str) else node.value
    if node.base == folder or Path(node.value).is_absolute():
        return node.value
    moved = Path(node.base, node.value).resolve()
    root = folder.resolve()
    return str(moved.relative_to(root)) if moved.is_relative_to(root) else str(moved)
