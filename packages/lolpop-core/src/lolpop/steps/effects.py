"""What a method of an integration reads and writes, with all that it calls on the way."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType
from typing import Any

from lolpop.steps.mutating import MUTATING
from lolpop.steps.source import Sources
from lolpop.steps.touching import Chain, Touch, touches
from lolpop.workflow.blueprint import Part
from lolpop.workflow.integration import BASES

ANY = "*"
"""The attribute that stands for all of an object, when it is handed to somebody."""

Attribute = tuple[Part, str]
Spot = tuple[str, int]
_GIVEN = frozenset({"config", "name", "kind", "defaults", "decorator_method", "__class__"})


@dataclass(slots=True)
class Effect:
    """What a method does, each with the file and line where it does it.

    Attributes:
        reads: The attributes that it reads before it has set them itself.
        writes: The attributes that it writes.
        lazy: The attributes that it fills only if they are unset.
        changed: The parameters whose values it changes.
    """

    reads: dict[Attribute, Spot] = field(default_factory=dict)
    writes: dict[Attribute, Spot] = field(default_factory=dict)
    lazy: dict[Attribute, Spot] = field(default_factory=dict)
    changed: dict[str, Spot] = field(default_factory=dict)


class Effects:
    """Finds the effects of methods, each one once.

    Args:
        sources: Where methods are read.
        parts: The integrations of the workflow.
    """

    def __init__(self, sources: Sources, parts: Iterable[Part]) -> None:
        self._sources = sources
        self._parts = list(parts)
        self._known: dict[tuple[Part, type, str], Effect] = {}
        self._touches: dict[Any, list[Touch] | None] = {}

    def shown(self, spot: Spot) -> str:
        """Write a place for a message."""
        return f"{self._sources.shown(spot[0])}:{spot[1]}"

    def of(self, part: Part, name: str) -> Effect:
        """Find the effect of a method, a property or a cached property."""
        for owner in part.cls.__mro__ if part.cls else ():
            if name in vars(owner):
                return self._of(part, owner, name)
        return Effect()

    def _of(self, part: Part, owner: type, name: str) -> Effect:
        key = (part, owner, name)
        if key in self._known:
            return self._known[key]
        effect = self._known[key] = Effect()
        static = vars(owner)[name]
        function = _function(static)
        if owner in BASES or owner is object or function is None:
            return effect
        found = self._touched(function, not isinstance(static, staticmethod))
        file = function.__code__.co_filename
        if found is None:
            spot = (file, function.__code__.co_firstlineno)
            effect.reads[part, ANY] = effect.writes[part, ANY] = spot
            return effect
        for touch in found:
            self._apply(effect, part, owner, touch, (file, touch.line))
        return effect

    def _touched(self, function: FunctionType, has_self: bool) -> list[Touch] | None:
        if function not in self._touches:
            definition = self._sources.find(function.__code__)
            found = touches(definition.node, has_self) if definition else None
            self._touches[function] = found
        return self._touches[function]

    def _apply(self, effect: Effect, part: Part, owner: type, touch: Touch, spot: Spot) -> None:
        if touch.kind == "change":
            effect.changed.setdefault(touch.chain[0], spot)
        elif touch.chain[:1] == ("super()",):
            self._apply_super(effect, part, owner, touch)
        else:
            self._apply_chain(effect, touch, spot, *resolved(part, touch.chain), part)

    def _apply_super(self, effect: Effect, part: Part, owner: type, touch: Touch) -> None:
        classes = part.cls.__mro__ if part.cls else ()
        for cls in classes[classes.index(owner) + 1 :]:
            if touch.chain[1] in vars(cls):
                self._merge(effect, self._of(part, cls, touch.chain[1]), touch, part, cls)
                return

    def _apply_chain(
        self, effect: Effect, touch: Touch, spot: Spot, part: Part, chain: Chain, own: Part
    ) -> None:
        if not chain:
            if touch.kind in ("escape", "read"):
                effect.reads.setdefault((part, ANY), spot)
                effect.writes.setdefault((part, ANY), spot)
            return
        name = chain[0]
        covered = touch.covered if part is own else frozenset()
        static = inspect.getattr_static(part.cls, name, None)
        if name in _GIVEN:
            return
        if _function(static) is not None:
            owner = next(cls for cls in part.cls.__mro__ if name in vars(cls))  # type: ignore[union-attr]
            self._merge(effect, self._of(part, owner, name), touch, own, owner, part)
            if isinstance(static, cached_property):
                effect.lazy.setdefault((part, name), spot)
            return
        self._apply_attribute(effect, touch, (part, name), chain, spot, name in covered)

    def _apply_attribute(
        self,
        effect: Effect,
        touch: Touch,
        attribute: Attribute,
        chain: Chain,
        spot: Spot,
        covered: bool,
    ) -> None:
        called = touch.kind == "call" and len(chain) > 1
        if touch.kind == "lazy":
            effect.lazy.setdefault(attribute, spot)
        elif touch.kind == "write" or (called and chain[-1] in MUTATING):
            effect.writes.setdefault(attribute, spot)
        deeper = touch.kind == "write" and len(chain) > 1
        if (touch.kind in ("read", "call", "alias") or deeper) and not covered:
            effect.reads.setdefault(attribute, spot)

    def _merge(
        self,
        effect: Effect,
        called: Effect,
        touch: Touch,
        own: Part,
        owner: type,
        part: Part | None = None,
    ) -> None:
        """Take over what a called method does."""
        for attribute, spot in called.reads.items():
            if not (attribute[0] is own and attribute[1] in touch.covered):
                effect.reads.setdefault(attribute, spot)
        for attribute, spot in called.writes.items():
            effect.writes.setdefault(attribute, spot)
        for attribute, spot in called.lazy.items():
            effect.lazy.setdefault(attribute, spot)
        if touch.handed and called.changed:
            self._hand_on(effect, called, touch, vars(owner)[touch.chain[-1]])

    def _hand_on(self, effect: Effect, called: Effect, touch: Touch, static: Any) -> None:
        function = _function(static)
        if function is None:
            return
        names = list(inspect.signature(function).parameters)
        names = names if isinstance(static, staticmethod) else names[1:]
        for key, handed in touch.handed:
            name = key if isinstance(key, str) else (names[key] if key < len(names) else "")
            if name in called.changed:
                effect.changed.setdefault(handed, called.changed[name])


def resolved(part: Part, chain: Chain) -> tuple[Part, Chain]:
    """Follow a chain of attributes as far as it leads through integrations."""
    while chain:
        seen = part.visible()
        current = getattr(part.cls, chain[0], None)
        if chain[0] not in seen or callable(current) or isinstance(current, property):
            break
        part, chain = seen[chain[0]], chain[1:]
    return part, chain


def _function(static: Any) -> FunctionType | None:
    if isinstance(static, property):
        static = static.fget
    elif isinstance(static, cached_property):
        static = static.func
    static = getattr(static, "__func__", static)
    unwrapped = inspect.unwrap(static) if callable(static) else static
    return unwrapped if isinstance(unwrapped, FunctionType) else None
