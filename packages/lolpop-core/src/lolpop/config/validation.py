"""Validate located values with pydantic, and say where each error stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from lolpop.config.annotations import key_of, keys_of, model_in, rebase, typed_children
from lolpop.config.env import EnvRef
from lolpop.config.keys import Keys
from lolpop.config.nodes import Key, Node, has_env, kind_of, leaves, plain
from lolpop.config.paths import below, written
from lolpop.errors import Place, Problem, UnsetVariableError, nearest

__all__ = ["keys_of", "late_problem", "read", "rebase", "unknown_key", "unset", "validate"]

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
_SHAPES = frozenset(kind for kind in _EXPECTED if kind.endswith("_type"))
# Other messages may repeat the value, which nobody may see if the environment gave it.
_WITHOUT_VALUES = {*_EXPECTED, "literal_error"}


def validate(
    model: type[Model],
    values: Mapping[str, Node],
    place: Place,
    path: str,
    environ: Mapping[str, str] | None = None,
    noted: Sequence[Problem] = (),
) -> tuple[Model, list[Problem]]:
    """Build a model from located values.

    Args:
        model: The pydantic model; unknown keys are refused unless it allows them itself.
        values: A node for each key that is given.
        place: Where to point when a required key is missing.
        path: The dotted path of the section.
        environ: Where to read environment variables; with None, values that need one
            stay `EnvRef`s and aren't validated.
        noted: What is known already to be wrong with the values.

    Returns:
        The model, and what else is wrong. With problems, or with `EnvRef`s among the values,
        the model isn't validated as a whole; of `Keys` what is wrong can't be read then.
    """
    known = _by_name(model, values)
    built, problems = _validated(model, values, known, place, path, environ)
    if issubclass(model, Keys):
        wrong = [*noted, *problems]
        if wrong or any(has_env(node) for node in known.values()):
            return _readable(model, known, wrong, path, environ), problems
    return built, problems


def _validated(
    model: type[Model],
    values: Mapping[str, Node],
    known: Mapping[str, Node],
    place: Place,
    path: str,
    environ: Mapping[str, str] | None,
) -> tuple[Model, list[Problem]]:
    located = Node(dict(values), place, Path())
    problems = list(_unknown_keys(model, located, path))
    late = {}
    for name, node in known.items():
        if _is_late(node, environ):
            where = below(path, key_of(model, name))
            field = model.model_fields.get(name)
            late[name], more = _waiting(field, node, where, environ)
            more += _unfit(field, node, where) if issubclass(model, Keys) else []
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
        return validate(inner, _by_key(node), node.place, path, environ)
    return plain(node), []


def _unfit(field: FieldInfo | None, node: Node, path: str) -> list[Problem]:
    """Find what no variable can put right: it gives a string, and the rest is there to see."""
    if field is None:
        return []
    annotation: Any = Annotated[field.annotation, field]
    values = plain(node, lambda leaf: "1" if isinstance(leaf.value, EnvRef) else leaf.value)
    try:
        TypeAdapter(annotation).validate_python(values)
    except ValidationError as error:
        certain = [each for each in error.errors() if _is_certain(each, node, path)]
        return [_problem(each, node, path) for each in certain]
    return []


def _is_certain(found: ErrorDetails, root: Node, path: str) -> bool:
    """Whether an error is there whatever the environment gives."""
    node = _at(found, root, path)[0]
    if found["type"] in _SHAPES or not has_env(node):
        return True
    return found["type"] == "literal_error" and not isinstance(node.value, EnvRef)


def _by_key(node: Node) -> dict[str, Node]:
    return {written(key): child for key, child in node.items()}


def _readable(
    model: type[Model],
    known: Mapping[str, Node],
    wrong: Sequence[Problem],
    path: str,
    environ: Mapping[str, str] | None,
) -> Model:
    """Make a model of the keys that nothing is wrong with."""
    assert issubclass(model, Keys)
    unreadable: dict[str, tuple[Problem, ...]] = {}
    nested: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        node, where = known.get(name), below(path, key_of(model, name))
        about = tuple(each for each in wrong if f"{each.path}.".startswith(f"{where}."))
        inner = model_in(field.annotation)
        if node and node.is_mapping and inner and not any(each.path == where for each in about):
            nested[name] = validate(inner, _by_key(node), node.place, where, environ, about)[0]
        elif about:
            unreadable[name] = about
        elif node and _is_late(node, environ):
            waits = unset(node, where, environ) if environ is not None else ()
            unreadable[name] = tuple(waits) or (late_problem(node, where),)
    out = {*unreadable, *nested}
    given = {key_of(model, name): read(known[name], environ) for name in known.keys() - out}
    try:
        values = dict(model.model_validate(given)) | nested
    except ValidationError:  # without a key that it requires nothing of it holds
        return model.partial({}, dict.fromkeys(model.model_fields, tuple(wrong)))
    sound = {name: value for name, value in values.items() if name in known.keys() - unreadable}
    return model.partial(sound, unreadable)


def late_problem(node: Node, path: str) -> Problem:
    """Make the problem of a value that is needed before the environment is read."""
    hint = f"choose with --set {path}=… or a further -c file"
    return node.key_problem("this is needed before the environment is read", path, hint)


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


def _at(found: ErrorDetails, root: Node, path: str) -> tuple[Node, str]:
    """Give the value that an error is about, and its path."""
    node, where = root, path
    # What isn't a key in the file is pydantic's own: the member of a union, or "[key]".
    for part in found["loc"]:
        child = node.get(part)
        if child is not None:
            node, where = child, below(where, part)
    return node, where


def _problem(found: ErrorDetails, root: Node, path: str) -> Problem:
    node, where = _at(found, root, path)
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
    if found["type"] == "string_too_short" and found["ctx"]["min_length"] == 1:
        return f"expected a string that isn't empty, got {got}"
    text = found["msg"]
    return f"{text[:1].lower()}{text[1:]}, got {got}"
