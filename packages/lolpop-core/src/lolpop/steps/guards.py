"""What rewritten methods ask before they use a value, or read an attribute of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from enum import EnumMeta
from types import FunctionType, ModuleType
from typing import Any, NoReturn, Protocol

from pydantic import BaseModel

from lolpop.steps import purity
from lolpop.steps.messages import Text, formatted, references_in
from lolpop.steps.recording import Recording
from lolpop.steps.references import (
    Collapsed,
    Output,
    StandIn,
    Variable,
    element,
    is_reference,
    part_of,
    place,
    used,
)
from lolpop.workflow.blueprint import Part
from lolpop.workflow.view import ConfigView

_MISSING = object()
MOST_TURNS = 1_000_000
SMALLER = "move it into a method of a pipeline or component"


class Caller(Protocol):
    """What guards ask of the capture."""

    recording: Recording

    def own(self, owner: type, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a method of the integration that is being walked through, as a class has it."""

    def other(self, part: Part, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a method of another integration."""

    def config(self, part: Part) -> object:
        """Give the config of an integration."""

    def read(self, part: Part, name: str) -> None:
        """Note that the composition reads an attribute."""

    def stand_in(self, part: Part) -> StandIn:
        """Give what stands for an integration."""


class ValueGuard:
    """The guards; every one gives the value that plain Python would give, or collapses."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._turns = 0
        self._seen: dict[str, StandIn] = {}

    @property
    def _recording(self) -> Recording:
        return self._caller.recording

    def refuse(self, reason: str, hint: str | None = None) -> NoReturn:
        """Refuse what can't be walked through."""
        raise Collapsed(reason, hint)

    # Values

    def plain(self, value: Any, verb: str) -> Any:
        """Let a known value through."""
        if type(value) not in purity.VALUES:
            self._check(value, verb)
        return value

    def _check(self, value: Any, verb: str) -> None:
        if is_reference(value):
            used(value, verb)
        if type(value) is StandIn:
            StandIn.refuse(value, verb)
        if not purity.is_member(value):
            kind = type(value).__name__
            shown = verb if "{}" in verb else f"{verb} {{}}"
            what = f"a value of type {kind!r}"
            raise Collapsed(shown.replace("{}", what) + ", which may do anything", SMALLER)

    def test(self, value: Any) -> Any:
        """Let a value through whose truth is known."""
        if type(value) is StandIn:
            StandIn.__bool__(value)
            return value
        if type(value) not in purity.ITERATORS:
            self.plain(value, "tests")
        return value

    def subject(self, value: Any) -> Any:
        """Let a value through that is compared with None, True or False."""
        if is_reference(value):
            used(value, "compares")
        return value

    def identity(self, value: Any) -> Any:
        """Let a value through of which there is only one."""
        if value is None or type(value) in (bool, StandIn) or isinstance(type(value), EnumMeta):
            return value
        if issubclass(type(value), type):
            return value
        raise Collapsed("compares identities with `is`", "compare with ==, or with None")

    def new(self, value: Any) -> Any:
        """Note a list, dict or set that was made here."""
        if type(value) in purity.MUTABLE:
            self._recording.make(value)
        return value

    def turn(self, value: Any) -> Any:
        """Count the turns of loops, which may have no end."""
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise Collapsed(f"turns more than {MOST_TURNS:,} times in loops", SMALLER)
        return value

    def iterate(self, value: Any, shape: tuple[Any, ...]) -> Iterator[Any]:
        """Iterate over a known value, its items unpacked as a shape says."""
        self._check_order(value)
        return self._items(iter(value), shape)

    def _items(self, items: Iterator[Any], shape: tuple[Any, ...]) -> Iterator[Any]:
        for each in items:
            self.turn(None)
            yield self.unpack(each, shape) if shape else each

    def _check_order(self, value: Any) -> None:
        if type(value) not in purity.ITERATORS and not issubclass(type(value), EnumMeta):
            self.plain(value, "iterates over")
        if type(value) in purity.SETS:
            raise Collapsed("iterates over a set, whose order is chance", "sort it: sorted(…)")

    def unpack(self, value: Any, shape: tuple[Any, ...]) -> Any:
        """Unpack a value as a shape says; of an output, the elements by their index."""
        if type(value) is StandIn or is_reference(value):
            return self._unpack_reference(value, shape)
        self._check_order(value)
        if not any(isinstance(part, tuple) and part for part in shape):
            return value
        items = list(value)
        return [self._unpack_part(each, part) for each, part in _matched(items, shape)]

    def _unpack_part(self, value: Any, part: Any) -> Any:
        return self.unpack(value, part) if isinstance(part, tuple) and part else value

    def _unpack_reference(self, value: Any, shape: tuple[Any, ...]) -> Any:
        if type(value) is StandIn:
            StandIn.refuse(value, "unpacks")
        if type(value) is not Output:
            used(value, "unpacks")
        name, keys = place(value)
        if "*" in shape:
            used(value, "unpacks {} with a star, for which the length must be known")
        self._recording.parts.append((name, keys, len(shape)))
        items = [element(value, index) for index in range(len(shape))]
        return [self._unpack_part(each, part) for each, part in zip(items, shape, strict=True)]

    def star(self, value: Any) -> Any:
        """Unpack a known value among arguments or items."""
        if is_reference(value):
            used(value, "unpacks {} with a star, for which the length must be known")
        self._check_order(value)
        return value

    def double(self, value: Any) -> Any:
        """Unpack a known mapping."""
        return self.plain(value, "unpacks with two stars")

    def item(self, value: Any, key: Any) -> Any:
        """Give an item; of an output, a reference to it."""
        if not is_reference(value):
            found = self.plain(value, "takes an item of")[key]
            return self.new(found) if isinstance(key, slice) else found
        if type(value) is Variable or type(key) not in (int, str):
            used(value, f"takes [{_key(key)}] of")
        name, keys = place(value)
        if type(value) is Output:
            self._recording.parts.append((name, (*keys, key), None))
        return element(value, key)

    def slice(self, *ends: Any) -> slice:
        """Make a slice."""
        return slice(*ends)

    def store(self, value: Any, target: Any, key: Any) -> None:
        """Set an item of a list or dict that was made here."""
        self._change(target, "sets an item of")
        target[key] = value

    def _change(self, target: Any, verb: str) -> None:
        if type(target) not in purity.MUTABLE:
            self._check(target, verb)
            raise Collapsed(f"{verb} a value of type {type(target).__name__!r}", SMALLER)
        if not self._recording.change(target):
            kind = type(target).__name__
            raise Collapsed(f"{verb} a {kind} that wasn't made here", f"change a copy: {kind}(…)")

    def augment(self, target: Any, value: Any) -> Any:
        """Let an in-place operator through."""
        self.plain(target, "calculates with")
        if type(target) in purity.MUTABLE:
            self._change(target, "changes")
            if type(value) in purity.SETS and type(target) is list:
                self._check_order(value)
        return self.plain(value, "calculates with")

    def text(self, pieces: Sequence[Any]) -> str:
        """Make the text of an f-string that is an argument."""
        values = [each[0] for each in pieces if type(each) is tuple]
        found = next((each for value in values for each in references_in(value)), None)
        text = "".join(formatted(self.plain, each) for each in pieces)
        if found is None:
            return text
        made = Text(text)
        made.shows = found
        return made

    # Attributes

    def attribute(self, value: Any, name: str) -> Any:
        """Read an attribute that is known before the run."""
        kind = type(value)
        frame = self._recording.frame
        if value is frame.receiver:
            return self._own_attribute(value, frame.part, name)
        if kind is StandIn:
            return self._part_attribute(part_of(value), name)
        if is_reference(value):
            used(value, f"reads .{name} of")
        if name in purity.ATTRIBUTES.get(kind, ()):
            return getattr(value, name)
        return self._known_attribute(value, kind, name)

    def _known_attribute(self, value: Any, kind: type, name: str) -> Any:
        if kind is ModuleType:
            return vars(value)[name]
        if kind is ConfigView:
            return value[name]
        if isinstance(value, BaseModel) and name in type(value).model_fields:
            return getattr(value, name)
        if purity.is_member(value) and name in ("name", "value"):
            return getattr(value, name)
        if issubclass(type(value), EnumMeta) and name in value.__members__:
            return value[name]
        if isinstance(value, type) and purity.is_plain(inspect.getattr_static(value, name)):
            return getattr(value, name)
        what = value.__name__ if isinstance(value, type) else f"a value of type {kind.__name__!r}"
        raise Collapsed(f"reads .{name} of {what}, which may do anything", SMALLER)

    def _own_attribute(self, receiver: Any, part: Part, name: str) -> Any:
        if type(receiver) is StandIn:
            return self._part_attribute(part, name)
        if name in self._seen:
            return self._seen[name]
        static = inspect.getattr_static(receiver, name, _MISSING)
        if static is _MISSING:
            raise AttributeError(missing(part, name))
        _check_data(static, name)
        if type(static) is StandIn:
            self._seen[name] = static
            return static
        self._caller.read(part, name)
        return getattr(receiver, name)

    def _part_attribute(self, part: Part, name: str) -> Any:
        if name == "config":
            return self._caller.config(part)
        if name == "name":
            return part.section.name
        seen = part.visible()
        static = inspect.getattr_static(part.cls, name, None)
        if name in seen and not callable(static) and not isinstance(static, property):
            return self._caller.stand_in(seen[name])
        return StandIn.refuse(self._caller.stand_in(part), f"reads .{name} of")


def declaring(part: Part, name: str, after: type | None = None) -> type:
    """Find the class that declares an attribute of an integration.

    Args:
        part: The integration.
        name: The attribute.
        after: Leave out the classes up to this one, as `super()` does.

    Raises:
        AttributeError: None does.
    """
    assert part.cls is not None
    classes = part.cls.__mro__
    for cls in classes[classes.index(after) + 1 if after else 0 :]:
        if name in vars(cls):
            return cls
    raise AttributeError(missing(part, name))


def missing(part: Part, name: str) -> str:
    """Say as Python does that an integration lacks an attribute."""
    return f"{part.cls.__name__ if part.cls else part.label!r} object has no attribute {name!r}"


def _matched(items: list[Any], shape: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """Pair items with the parts of a shape; Python itself complains if they don't fit."""
    if "*" not in shape:
        padded = [*shape, *[()] * len(items)]
        return list(zip(items, padded, strict=False))
    first = shape.index("*")
    after = shape[first + 1 :]
    middle = [()] * max(len(items) - first - len(after), 0)
    return list(zip(items, [*shape[:first], *middle, *after], strict=False))


def _key(key: object) -> str:
    if isinstance(key, slice):
        return ":".join("" if end is None else str(end) for end in (key.start, key.stop))
    return repr(key) if purity.is_plain(key) else type(key).__name__


def _check_data(static: object, name: str) -> None:
    if type(static) is StandIn or is_reference(static):
        return
    if isinstance(static, FunctionType | staticmethod | classmethod):
        raise Collapsed(f"takes the method .{name} as a value", "call it here instead")
    if hasattr(type(static), "__get__"):
        raise Collapsed(f"reads the property .{name}, which may do anything", SMALLER)
