"""Wrap the public methods of a workflow's objects with what `decorators:` names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lolpop.errors import PluginHookError
from lolpop.workflow.assembly import Tree
from lolpop.workflow.blueprint import DecorationSection, Part
from lolpop.workflow.integration import BASES, Integration

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
        return instance.kind in self.kinds or not self.classes.isdisjoint(names)


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
    method = hooks.get(name) or getattr(decorator, section.decorator_method)
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
        PluginHookError: A decorator gave something that can't be called.
    """
    for instance in tree.objects.values():
        wanted = [decoration for decoration in chosen if decoration.chooses(instance)]
        for name in public_methods(type(instance)) if wanted else ():
            wrapped = _wrapped(getattr(instance, name), instance, wanted)
            if wrapped is not None:
                instance.__dict__[name] = wrapped
                instance.__dict__.setdefault("_wrapped", set()).add(name)


def _wrapped(
    method: Callable[..., Any], instance: Integration, chosen: Sequence[Decoration]
) -> Callable[..., Any] | None:
    """Apply decorations from the inside out; None if all of them leave the method as it is."""
    current, changed = method, False
    for decoration in reversed(chosen):
        answer = decoration.decorate(current, instance)
        if answer is None:
            continue
        if not callable(answer):
            where = f"{type(instance).__name__}.{method.__name__}"
            raise PluginHookError(
                f"decorator {decoration.name!r} gave {answer!r} for {where}",
                plugin=decoration.name,
                hint="it must give a callable, or None to leave the method as it is",
            )
        current, changed = answer, True
    return current if changed else None


def public_methods(cls: type) -> Iterator[str]:
    """Yield the names of a class's public methods, base classes' first, in source order.

    Static and class methods aren't among them: they don't act on the object. Nor are
    properties, or what the core's own bases declare.
    """
    seen: dict[str, None] = {}
    for owner in reversed(cls.__mro__):
        if owner is not object and owner not in BASES and owner.__module__ != BASES_MODULE:
            seen.update(dict.fromkeys(name for name in vars(owner) if not name.startswith("_")))
    for name in seen:
        if inspect.isfunction(inspect.getattr_static(cls, name)):
            yield name


BASES_MODULE = "lolpop.orchestrator"
