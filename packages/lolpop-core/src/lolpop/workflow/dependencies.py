"""Annotations of a class that name the integrations it depends on."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, ForwardRef, Union, get_args, get_origin

from lolpop.workflow.integration import BASES, Integration


@dataclass(frozen=True, slots=True)
class Dependency:
    """An integration that a class wants to see under a name."""

    name: str
    cls: type[Integration]
    required: bool


def dependencies(cls: type) -> tuple[Dependency, ...]:
    """List the integrations that the annotations of a class and its bases name.

    An annotation counts if it resolves to a Runner, Pipeline or Component subclass, or to
    one `| None`. Each one is resolved alone; what doesn't resolve is ignored.
    """
    found: dict[str, Dependency] = {}
    for owner in reversed(cls.__mro__):
        for name, annotation in inspect.get_annotations(owner).items():
            dependency = _dependency(name, _resolved(annotation, owner), owner)
            if dependency is not None:
                found[name] = dependency
    return tuple(found.values())


def _resolved(annotation: Any, owner: type) -> Any:
    if isinstance(annotation, ForwardRef):  # `Optional["Reader"]`
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(owner.__module__)
    try:
        return eval(annotation, dict(vars(module)) if module else {}, dict(vars(owner)))
    except Exception:  # an annotation may name anything, for example what only mypy imports
        return None


def _dependency(name: str, annotation: Any, owner: type) -> Dependency | None:
    if _is_integration(annotation):
        return Dependency(name, annotation, required=True)
    if get_origin(annotation) in (Union, UnionType):
        parts = [_resolved(part, owner) for part in get_args(annotation) if part is not NoneType]
        if len(parts) == 1 and len(get_args(annotation)) == 2 and _is_integration(parts[0]):
            return Dependency(name, parts[0], required=False)
    return None


def _is_integration(annotation: Any) -> bool:
    return (
        isinstance(annotation, type)
        and issubclass(annotation, Integration)
        and annotation is not BASES[0]
    )
