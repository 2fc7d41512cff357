"""What rewritten methods ask before they call something."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from lolpop.steps import purity
from lolpop.steps.guards import SMALLER, ValueGuard, declaring
from lolpop.steps.messages import refuse_text, shown
from lolpop.steps.references import Collapsed, StandIn, is_reference, part_of, used
from lolpop.workflow.view import ConfigView

_HOLDERS = frozenset({list, dict, tuple, set, frozenset, ConfigView})


class Base:
    """What `super()` gives."""

    __slots__ = ()


class Guard(ValueGuard):
    """The guards of calls, besides those of values."""

    # Calls

    def keywords(self, pairs: Sequence[tuple[str | None, Any]]) -> dict[str, Any]:
        """Collect keyword arguments, some of them from mappings."""
        found: dict[str, Any] = {}
        for name, value in pairs:
            items = [(name, value)] if name else self._mapping(value)
            for key, each in items:
                if key in found:
                    raise TypeError(f"got multiple values for keyword argument {key!r}")
                found[key] = each
        return found

    def _mapping(self, value: Any) -> list[tuple[Any, Any]]:
        return list(self.double(value).items())

    def base(self) -> Base:
        """Give `super()`."""
        return Base()

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function that only gives a value, or prints."""
        if function is print:
            return self._print(args, kwargs)
        if id(function) in purity.LOG_FUNCTIONS:
            return self._log(function, args, kwargs)
        refuse_text(args, kwargs)
        if function is isinstance:
            return self._isinstance(*args)
        if function is getattr and len(args) == 2 and type(args[1]) is str:
            return self.attribute(*args)
        if id(function) not in purity.FUNCTIONS:
            self._refuse_call(function)
        self._check_arguments(function, args, kwargs)
        return self.new(function(*args, **kwargs))

    def _refuse_call(self, function: Any) -> NoReturn:
        if is_reference(function):
            used(function, "calls")
        if type(function) is StandIn:
            StandIn.refuse(function, "calls")
        raise Collapsed(f"calls {_name(function)}, which may do anything", SMALLER)

    def _check_arguments(
        self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        verb = f"hands {{}} to {_name(function)}"
        named = () if function is dict else kwargs.values()
        for each in (*args, *named):
            if type(each) not in purity.ITERATORS and id(each) not in purity.FUNCTIONS:
                self.plain(each, verb)
        if purity.has_set(args) and id(function) not in purity.ORDERLESS:
            raise Collapsed("uses a set, whose order is chance", "sort it: sorted(…)")

    def _isinstance(self, value: Any, kinds: Any) -> bool:
        self.plain(value, "asks for the type of")
        return isinstance(value, kinds)

    def method(self, value: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a method: of an integration a step, of a known value for its value."""
        kind = type(value)
        if kind is ModuleType:
            return self.call(vars(value)[name], args, kwargs)
        if issubclass(kind, purity.LOGGERS) and name in purity.LOG_METHODS:
            return self._log(getattr(value, name), args, kwargs)
        refuse_text(args, kwargs)
        if value is self._recording.frame.receiver:
            return self._own_method(value, name, args, kwargs)
        if kind is StandIn:
            return self._caller.other(part_of(value), name, args, kwargs)
        if kind is Base:
            return self._base_method(name, args, kwargs)
        if is_reference(value):
            used(value, f"calls .{name}() of")
        return self._value_method(value, kind, name, args, kwargs)

    def _own_method(self, receiver: Any, name: str, args: Any, kwargs: Any) -> Any:
        part = self._recording.frame.part
        if type(receiver) is not StandIn and name in vars(receiver):
            raise Collapsed(f"calls self.{name}, which was set on the object", SMALLER)
        owner = declaring(part, name)
        if not isinstance(vars(owner)[name], FunctionType | staticmethod | classmethod):
            raise Collapsed(f"calls self.{name}, which isn't an ordinary method", SMALLER)
        return self._caller.own(owner, name, args, kwargs)

    def _base_method(self, name: str, args: Any, kwargs: Any) -> Any:
        frame = self._recording.frame
        owner = declaring(frame.part, name, after=frame.owner)
        if not isinstance(vars(owner)[name], FunctionType):
            raise Collapsed(f"calls super().{name}, which isn't an ordinary method", SMALLER)
        return self._caller.own(owner, name, args, kwargs)

    def _value_method(self, value: Any, kind: type, name: str, args: Any, kwargs: Any) -> Any:
        if isinstance(value, type) and (value, name) in purity.CLASS_METHODS:
            self._check_arguments(value, args, {})
            return self.new(getattr(value, name)(*args, **kwargs))
        if name not in purity.METHODS.get(kind, ()):
            what = _name(value) if isinstance(value, type) else f"a value of type {kind.__name__!r}"
            raise Collapsed(f"calls .{name}() of {what}, which may do anything", SMALLER)
        if name in purity.MUTATORS.get(kind, ()):
            self._change(value, f"calls .{name}() of")
        if kind not in (list, dict, ConfigView):
            self._check_arguments(
                getattr(value, name), args, kwargs
            ) if kind not in purity.SETS else None
        elif purity.has_set(args) and name in ("extend", "update"):
            self._check_order(set())
        return self.new(self._called(value, name, args, kwargs))

    def _called(self, value: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name == "sort" or "key" in kwargs:
            key = kwargs.get("key")
            if key is not None and id(key) not in purity.FUNCTIONS:
                self._refuse_call(key)
        return getattr(value, name)(*args, **kwargs)

    # Messages

    def _print(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if kwargs.get("file") not in (None, sys.stdout, sys.stderr):
            raise Collapsed("prints into a file", SMALLER)
        texts = [str(shown(each)) for each in args]
        given = {key: value for key, value in kwargs.items() if key in ("sep", "end", "flush")}
        stream = kwargs.get("file")
        self._recording.said.append(lambda: print(*texts, **given, file=stream))

    def _log(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        texts = [shown(each) for each in args]
        given = {key: shown(value) for key, value in kwargs.items()}
        self._recording.said.append(lambda: function(*texts, **given))


def _name(function: Any) -> str:
    name = getattr(function, "__qualname__", type(function).__name__)
    module = getattr(function, "__module__", None)
    return f"{module}.{name}()" if module and module != "builtins" else f"{name}()"
