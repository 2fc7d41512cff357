"""Mutants that decorate, and change what they decorate."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, ClassVar

import lolpop
from lolpop.contract import Capability
from mutants.engine import Sound
from mutants.registry import breaks

Call = Callable[[], Any]


class Decorated(Sound):
    """Wraps every method; a mutant says in `around` what it does about a call."""

    kinds: ClassVar[tuple[type, ...]] = (lolpop.Runner, lolpop.Pipeline, lolpop.Component)

    def decorate(self, func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
        @wraps(func)
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            return self.around(lambda: func(*arguments, **keywords))

        return wrapped if isinstance(instance, self.kinds) else None

    def around(self, call: Call) -> Any:
        """Make the call."""
        return call()


@breaks("decoration.calls_each_method_once", "the calls made: expected ['hand', 'same']")
class CallsTwice(Decorated):
    def around(self, call: Call) -> Any:
        call()
        return call()


@breaks("decoration.hands_values_through", "the very object that it was given")
class CopiesResults(Decorated):
    def around(self, call: Call) -> Any:
        return copy(call())


@breaks("decoration.leaves_objects_as_they_are", "sees as `self`: expected")
class CallsCopies(Sound):
    def decorate(self, func: Callable[..., Any], instance: object) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            return getattr(type(instance), func.__name__)(copy(instance), *arguments, **keywords)

        return wrapped


class WrappedError(Exception):
    """What an engine makes of the errors of its tasks."""


@breaks("decoration.lets_errors_through", "didn't get it as it was raised: Calls.fail failed")
class WrapsErrors(Sound):
    """Wraps the errors of components, and takes them out again around the runner."""

    def decorate(self, func: Callable[..., Any], instance: object) -> Callable[..., Any]:
        @wraps(func)
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            try:
                return func(*arguments, **keywords)
            except Exception as error:
                if isinstance(instance, lolpop.Component):
                    raise WrappedError(str(error)) from error
                if isinstance(instance, lolpop.Runner) and error.__cause__:
                    raise error.__cause__ from None
                raise

        return wrapped


@breaks("decoration.ends_with_the_workflows_own_error", "the workflow's error was swallowed")
class SwallowsErrors(Decorated):
    kinds = (lolpop.Runner,)

    def around(self, call: Call) -> Any:
        try:
            return call()
        except Exception:
            return None


@breaks("decoration.costs_little", "0.05 s are too much")
class AsksTheServer(Decorated):
    kinds = (lolpop.Component,)

    def around(self, call: Call) -> Any:
        time.sleep(0.06)
        return call()


@breaks("decoration.what_is_declared_is_done", "the runner's method is as it was")
class DecoratesNothing(Sound):
    capabilities = Sound.capabilities | {Capability.DECORATION}
