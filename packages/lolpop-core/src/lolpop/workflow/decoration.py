"""Wrap the public methods of a workflow's objects with what `decorators:` names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lolpop.errors import LolpopError, PluginHookError
from lolpop.workflow.assembly import Tree
from lolpop.workflow.blueprint import DecorationSection, Part
from lolpop.workflow.integration import BASES, WRAPPERS, Integration
from lolpop.workflow.running import place_of, said

Decorate = Callable[[Callable[..., Any], Integration], object]
_KINDS = frozenset({"component", "pipeline", "runner"})


@dataclass(frozen=True, slots=True)
class Decoration:
    """One decorator and what it decorates.

    Attributes:
        name: Its name in the configuration.
        decorate: Gets a bound method and its object; gives the wrapper, or None.
        kinds: The kinds of integration that it decorates.
        classes: The names of classes whose objects it decorates besides.
    """

    name: str
    decorate: Decorate
    kinds: frozenset[str]
    classes: frozenset[str]

    def chooses(self, instance: Integration) -> bool:
        """Whether it decorates an object."""
        names = {cls.__name__ for cls in type(instance).__mro__}
        return type(instance).kind in self.kinds or not self.classes.isdisjoint(names)


def decorations(tree: Tree, hooks: Mapping[str, Decorate]) -> list[Decoration]:
    """Make the decorations of a tree, outermost first.

    Args:
        tree: The built workflow with its decorators.
        hooks: What decorates in place of a decorator's own method, by its name.
    """
    return [_decoration(part, tree.decorators[part], hooks) for part in tree.decorators]


def _decoration(part: Part, decorator: Integration, hooks: Mapping[str, Decorate]) -> Decoration:
    section = part.decoration or DecorationSection()
    name = part.section.name
    method = hooks.get(name) or getattr(decorator, decorator.decorator_method)
    kinds: Sequence[str] | None = section.integration_types
    if kinds is None:
        kinds = [] if section.integration_classes else sorted(_KINDS)
    return Decoration(name, method, frozenset(kinds), frozenset(section.integration_classes))


def decorate(tree: Tree, chosen: Sequence[Decoration]) -> None:
    """Wrap every public method of the tree's objects, each one once.

    Args:
        tree: The built workflow.
        chosen: The decorations, outermost first.

    Raises:
        PluginHookError: A decorator raised, or gave something that can't be called.
    """
    for instance in tree.objects.values():
        wanted = [decoration for decoration in chosen if decoration.chooses(instance)]
        for name in public_methods(type(instance)) if wanted else ():
            wrapped = _wrapped(name, instance, wanted)
            if wrapped is not None:
                instance.__dict__[name] = wrapped
                instance.__dict__.setdefault(WRAPPERS, {})[name] = wrapped


def _wrapped(
    name: str, instance: Integration, chosen: Sequence[Decoration]
) -> Callable[..., Any] | None:
    """Apply decorations from the inside out; None if all of them leave the method as it is."""
    method = current = getattr(instance, name)
    for decoration in reversed(chosen):
        current = _answer(decoration, current, name, instance)
    return None if current is method else current


def _answer(
    decoration: Decoration, method: Callable[..., Any], name: str, instance: Integration
) -> Callable[..., Any]:
    where = f"{type(instance).__name__}.{name}"
    try:
        answer = decoration.decorate(method, instance)
    except LolpopError:
        raise
    except Exception as error:
        place = place_of(decoration.decorate, error)
        raise PluginHookError(
            f"decorator {decoration.name!r} failed for {where}: {said(error)}",
            plugin=decoration.name,
            hint="it is called with a bound method and the object that the method belongs to"
            + (f"; it stands in {place}" if place else ""),
        ) from error
    if answer is None:
        return method
    if not callable(answer):
        raise PluginHookError(
            f"decorator {decoration.name!r} gave {answer!r} for {where}",
            plugin=decoration.name,
            hint="it must give a callable, or None to leave the method as it is",
        )
    return answer


def public_methods(cls: type) -> Iterator[str]:
    """Yield the names of a class's public methods, base classes' first, in source order.

    Static and class methods aren't among them: they don't act on the object. Nor are
    properties, or what the core's own bases declare.
    """
    owners = [owner for owner in reversed(cls.__mro__) if owner not in (object, *BASES)]
    for name in dict.fromkeys(name for owner in owners for name in vars(owner)):
        if not name.startswith("_") and _is_method(inspect.getattr_static(cls, name)):
            yield name


def _is_method(found: object) -> bool:
    """Whether a class's attribute becomes a bound method, as functions and cached ones do."""
    return (
        callable(found)
        and hasattr(type(found), "__get__")
        and not isinstance(found, (type, staticmethod, classmethod))
    )
