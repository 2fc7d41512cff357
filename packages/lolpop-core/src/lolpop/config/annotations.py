"""What an annotation says about the values beneath it."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lolpop.config.nodes import Key, Node


def key_of(model: type[BaseModel], name: str) -> str:
    """Give the key that YAML uses for a field: its alias, or its name."""
    field = model.model_fields.get(name)
    alias = field.validation_alias if field else None
    return alias if isinstance(alias, str) else name


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give the fields of a model by the keys that YAML uses."""
    return {key_of(model, name): field for name, field in model.model_fields.items()}


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the one model in `Model`, `Model | None` and the like."""
    models = [one for one in _members(annotation) if _is_a(one, BaseModel)]
    return models[0] if len(models) == 1 else None


def typed_children(annotation: Any, node: Node) -> Iterator[tuple[Key, Node, Any]]:
    """Yield the values beneath a node with their keys and annotations, `Any` where unknown."""
    if isinstance(node.value, list):
        type_of = _item_type(annotation)
        for index, item in enumerate(node.value):
            yield index, item, type_of(index)
    model = model_in(annotation)
    fields = keys_of(model) if model else {}
    other = _entry_type(annotation)
    for key, child in node.items():
        field = fields.get(str(key))
        yield key, child, field.annotation if field else other


def rebase(annotation: Any, node: Node, folder: Path) -> Node:
    """Make relative paths start at the project folder instead of at their file's folder.

    Args:
        annotation: The type of the value; only what it types as `Path` is touched.
        node: The value.
        folder: The project folder, absolute.
    """
    if isinstance(node.value, (dict, list)):
        moved = {
            key: rebase(inner, child, folder)
            for key, child, inner in typed_children(annotation, node)
        }
        return node.with_value(moved if node.is_mapping else list(moved.values()))
    members = _members(annotation)
    if isinstance(node.value, str) and str not in members and any(_is_a(m, Path) for m in members):
        return node.with_value(_rebased(node.value, node.base, folder))
    return node


def _members(annotation: Any) -> list[Any]:
    """Take `Annotated` off, and unions apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in _members(part)]
    return [annotation]


def _is_a(annotation: Any, base: type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, base)


def _item_type(annotation: Any) -> Callable[[int], Any]:
    for member in _members(annotation):
        arguments = get_args(member)
        if get_origin(member) is tuple and Ellipsis not in arguments:
            return lambda index: arguments[index] if index < len(arguments) else Any
        if arguments and _is_a(get_origin(member), Collection) and len(arguments) < 3:
            return lambda _: arguments[0]
    return lambda _: Any


def _entry_type(annotation: Any) -> Any:
    for member in _members(annotation):
        if _is_a(get_origin(member), Mapping) and len(get_args(member)) == 2:
            return get_args(member)[1]
    return Any


def _rebased(text: str, base: Path, folder: Path) -> str:
    try:
        if text.startswith("~"):
            return str(Path(text).expanduser())
        if base == folder or Path(text).is_absolute():
            return text
        moved = Path(base, text).resolve()
        root = folder.resolve()
    except (OSError, RuntimeError, ValueError):
        return text  # no path of this system: whoever opens it says so
    return str(moved.relative_to(root)) if moved.is_relative_to(root) else str(moved)
