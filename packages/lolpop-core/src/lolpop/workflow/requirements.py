"""What a class needs before an object of it can be made and used, and doesn't have."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from lolpop.config.paths import below
from lolpop.errors import Problem, nearest
from lolpop.workflow.blueprint import Blueprint, Part
from lolpop.workflow.dependencies import dependencies
from lolpop.workflow.integration import BASES, Integration, declares


def unmet(blueprint: Blueprint) -> Iterator[Problem]:
    """Find everything that keeps the classes of a blueprint from being made and used."""
    everything = [*blueprint.parts, *blueprint.decorators]
    for part in everything:
        if part.cls is not None:
            yield from _class_problems(part, part.cls)
    for part in blueprint.parts:
        if part.cls is not None:
            yield from _dependency_problems(part, part.cls)
    known = {name for part in everything for name in _class_names(part.cls)}
    for part in blueprint.decorators:
        yield from _class_choice_problems(part, known)


def _class_names(cls: type | None) -> list[str]:
    return [base.__name__ for base in cls.__mro__] if cls else []


def _class_problems(part: Part, cls: type[Integration]) -> Iterator[Problem]:
    """Find what keeps a class from being made without arguments."""
    node = part.section.class_name
    place = node.place if node else part.section.place
    for message, hint in _shortcomings(cls):
        yield Problem(message, place, part.section.path, hint)
    for name, child in part.parts.items():
        if declares(cls, name):
            message = f"{name!r} would hide {cls.__name__}.{name}: give one of them another name"
            yield Problem(message, child.section.place, child.section.path)


def _shortcomings(cls: type[Integration]) -> Iterator[tuple[str, str | None]]:
    """Give what is wrong with a class itself, and what to do about it."""
    abstract = sorted(getattr(cls, "__abstractmethods__", ()))
    if abstract:
        yield f"{cls.__name__} is abstract: {', '.join(abstract)} not implemented", None
    needed = _needed_arguments(cls)
    if needed:
        message = f"{cls.__name__}.__init__ wants {', '.join(needed)}: lolpop gives no arguments"
        yield message, "read them from self.config"
    model = getattr(cls, "Config", None)
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        message = f"{cls.__name__}.Config isn't a pydantic model"
        yield message, "write `class Config(lolpop.Config):`"
    if not isinstance(cls.defaults, Mapping):
        yield f"{cls.__name__}.defaults isn't a mapping", "write `defaults = {'key': value}`"


def _needed_arguments(cls: type[Integration]) -> list[str]:
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except ValueError:  # a base written in C needn't say what it takes
        return []
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _dependency_problems(part: Part, cls: type[Integration]) -> Iterator[Problem]:
    """Find the integrations that a class wants to see and doesn't."""
    seen = part.visible()
    for wanted in dependencies(cls):
        found = seen.get(wanted.name)
        kind = wanted.cls.kind
        if found is None and wanted.required:
            message = f"{part.label} needs a {kind} {wanted.name!r} ({wanted.cls.__name__})"
            example = "ITS_CLASS" if wanted.cls in BASES else wanted.cls.__name__
            hint = f"name one: {kind}s: {{{wanted.name}: {example}}}"
            yield Problem(message, part.section.place, part.section.path, hint)
        elif found and found.cls and not issubclass(found.cls, wanted.cls):
            message = (
                f"{part.label} wants {wanted.name!r} to be a {wanted.cls.__name__},"
                f" {found.section.path} is a {found.cls.__name__}"
            )
            node = found.section.class_name
            yield Problem(message, node.place if node else None, found.section.path)


def _class_choice_problems(part: Part, known: set[str]) -> Iterator[Problem]:
    """Find names under `integration_classes` that no class of the workflow has."""
    known = known - {"object", "Integration"}
    for name in part.decoration.integration_classes if part.decoration else ():
        if name not in known:
            likely = nearest(name, known)
            hint = f"did you mean {likely!r}?" if likely else None
            message = f"no integration of this workflow is a {name!r}"
            path = below(below(part.section.path, "config"), "integration_classes")
            yield Problem(message, part.section.place, path, hint)
