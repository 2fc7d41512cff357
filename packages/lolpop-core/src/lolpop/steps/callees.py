"""The methods that are called, and their parameters without `self`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lolpop.steps.expressions import REST
from lolpop.steps.references import Collapsed, Parameter, target_of
from lolpop.workflow.blueprint import Part


@dataclass(frozen=True, slots=True)
class Callee:
    """A method that may become a step.

    Attributes:
        function: The method as its class has it.
        signature: Its parameters, without `self`.
        target: The attributes that lead from the runner to its integration.
        label: The name of the step, but for its number.
    """

    function: Any
    signature: inspect.Signature
    target: tuple[str, ...]
    label: str


class Callees:
    """Looks each method up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Part, str], Callee] = {}

    def of(self, part: Part, name: str) -> Callee:
        """Give a method of an integration."""
        if (part, name) not in self._known:
            static = inspect.getattr_static(part.cls, name)
            target = target_of(part)
            label = ".".join((*target, name))
            self._known[part, name] = Callee(static, _signature(static), target, label)
        return self._known[part, name]


def _signature(static: Any) -> inspect.Signature:
    signature = inspect.signature(getattr(static, "__func__", static))
    parameters = list(signature.parameters.values())
    skipped = 0 if isinstance(static, staticmethod) else 1
    return signature.replace(parameters=parameters[skipped:])


def bound(
    signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Give the argument of each parameter; nothing if they don't fit."""
    try:
        return signature.bind(*args, **kwargs).arguments
    except TypeError:
        return {}


def references(
    signature: inspect.Signature, whole: bool = False
) -> tuple[list[Any], dict[str, Any]]:
    """Give references for the parameters of the run; further positional ones can't be given."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            args.append(Parameter(name, ()))
        elif parameter.kind is parameter.VAR_KEYWORD:
            if not whole:
                raise Collapsed(f"takes any parameters (**{name})", "name its parameters")
            kwargs[REST] = Parameter(name, ())
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            kwargs[name] = Parameter(name, ())
    return args, kwargs
