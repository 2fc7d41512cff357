"""What each integration's config holds: its own values, its parents', the defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lolpop.config.nodes import Node
from lolpop.config.paths import below
from lolpop.config.validation import keys_of, read, rebase, unknown_key, unset, validate
from lolpop.errors import Problem
from lolpop.workflow.blueprint import DecorationSection, Part
from lolpop.workflow.schema import is_inherited
from lolpop.workflow.view import ConfigView


def config_of(
    part: Part, folder: Path, environ: Mapping[str, str] | None
) -> tuple[Any, list[Problem]]:
    """Make the config of an integration.

    Args:
        part: The integration, its class known.
        folder: The project folder, absolute.
        environ: Where to read environment variables; None leaves `EnvRef`s in place.

    Returns:
        An instance of the class's `Config`, or a `ConfigView`; and what is wrong.
    """
    model = model_of(part)
    if model is None:
        return _view(part, environ)
    path = below(part.section.path, "config")
    fields = keys_of(model)
    values = {
        key: rebase(fields[key].annotation, node, folder) if key in fields else node
        for key, node in _given(part, model, folder)
    }
    config, problems = validate(model, values, part.section.place, path, environ)
    return config, [*_unknown(part, model, path), *problems]


def model_of(part: Part) -> type[BaseModel] | None:
    """Give the `Config` of a part's class, or None if it has none."""
    model = getattr(part.cls, "Config", None)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _given(part: Part, model: type[BaseModel], folder: Path) -> Iterator[tuple[str, Node]]:
    """Give the values of a typed config: its own, then what it inherits."""
    fields = keys_of(model)
    extra = model.model_config.get("extra") == "allow"
    for key, node in part.own.items():
        if key in fields or extra:
            yield key, node
    for key, field in fields.items():
        if key not in part.own and is_inherited(field):
            inherited = _from_parents(part, key, folder, required=field.is_required())
            if inherited is not None:
                yield key, inherited


def _from_parents(part: Part, key: str, folder: Path, required: bool) -> Node | None:
    """Find the value that the nearest parent gives, or, where one is required, its default."""
    for ancestor in part.ancestors:
        if key in ancestor.own:
            return ancestor.own[key]
    for ancestor in part.ancestors if required else ():
        defaults = _defaults(ancestor)
        if key in defaults:
            return _located(defaults[key], Node(None, ancestor.section.place, folder))
    return None


def _located(value: Any, at: Node) -> Node:
    """Make nodes of a plain value, all of them at one place."""
    if isinstance(value, dict):
        return at.with_value({key: _located(item, at) for key, item in value.items()})
    if isinstance(value, list):
        return at.with_value([_located(item, at) for item in value])
    return at.with_value(value)


def _defaults(part: Part) -> dict[str, Any]:
    model = model_of(part)
    if model is None:
        declared = getattr(part.cls, "defaults", {})
        return deepcopy(dict(declared)) if isinstance(declared, Mapping) else {}
    return {
        key: field.get_default(call_default_factory=True)
        for key, field in keys_of(model).items()
        if not field.is_required()
    }


def declared(part: Part, folder: Path) -> dict[str, Node]:
    """Give the keys of anything that decorates for which a class has defaults of its own."""
    at = Node(None, part.section.place, folder)
    known = _defaults(part) if part.cls else {}
    return {key: _located(known[key], at) for key in DecorationSection.model_fields if key in known}


def _unknown(part: Part, model: type[BaseModel], path: str) -> Iterator[Problem]:
    """Find the keys that neither the class nor an integration beneath takes from here."""
    fields = keys_of(model)
    if model.model_config.get("extra") == "allow":
        return
    for key, node in part.own.items():
        if key not in fields and not _used_beneath(part, key):
            problem = unknown_key(key, node, fields, path)
            owner = _owner_beneath(part, key)
            hint = f"put it under {owner}.config, or type it Inherited[…] there" if owner else None
            yield Problem(problem.message, problem.place, problem.path, hint or problem.hint)


def _used_beneath(part: Part, key: str) -> bool:
    models = [model_of(child) for child in part.descendants]
    return any(
        model is None or (key in keys_of(model) and is_inherited(keys_of(model)[key]))
        for model in models
    )


def _owner_beneath(part: Part, key: str) -> str | None:
    """Find an integration beneath that has the key for itself alone."""
    for child in part.descendants:
        model = model_of(child)
        if model is not None and key in keys_of(model):
            return child.section.path
    return None


def _view(part: Part, environ: Mapping[str, str] | None) -> tuple[ConfigView, list[Problem]]:
    """Make an untyped config: own values, the parents', own defaults, the parents' defaults."""
    lineage = [part, *part.ancestors][::-1]
    values: dict[str, Any] = {}
    for member in lineage:
        values.update(_defaults(member))
    for member in lineage:
        values.update({key: read(node, environ) for key, node in member.own.items()})
    return ConfigView(values, part.section.path), []


def unset_of(part: Part, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Find the values of an integration's own config that need a variable which isn't set."""
    own = Node(dict(part.own), part.section.place, Path())
    yield from unset(own, below(part.section.path, "config"), environ)
