"""A rule of the contract: a function with a name that stays, and the pain that it prevents."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from lolpop.contract import Capability

if TYPE_CHECKING:
    from lolpop.testing.bench import Bench

VERSION = "1.0"
"""The version of the rules: a further or stricter rule raises the second number, a rule that
is gone or renamed the first."""

_FAMILIES = f"{__package__}.rules"
_MARK = "__lolpop_rule__"


class RuleBroken(AssertionError):  # noqa: N818 - what a rule says reads as a verdict
    """An orchestrator doesn't keep a rule; the message says what was expected and seen."""


class NotGivenError(Exception):
    """The harness doesn't say what a rule needs to know of the engine."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: `family.function`, which stays as long as the rule does.
        check: Checks it; raises RuleBroken.
        capability: What an orchestrator declares that is held to it; None for everyone.
        pain: What users suffer without it.
        shared: Whether it looks at runs that other rules look at as well. Test runners that
            use several processes keep such rules in one of them, so that each run is made once.
    """

    name: str
    check: Callable[[Bench], None]
    capability: Capability | None
    pain: str
    shared: bool = False

    @property
    def family(self) -> str:
        """The family that it belongs to."""
        return self.name.partition(".")[0]


def rule(
    capability: Capability | None = Capability.DEPLOYMENTS, shared: bool = False
) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
    """Make a function of a family's module a rule.

    Args:
        capability: What an orchestrator declares that is held to it; None for everyone.
        shared: Whether it looks at runs that other rules look at as well.
    """

    def mark(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
        setattr(function, _MARK, (capability, shared))
        return function

    return mark


@cache
def rules() -> tuple[Rule, ...]:
    """Give every rule, family after family, in the order in which they are written."""
    package = import_module(_FAMILIES)
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    families = [import_module(f"{_FAMILIES}.{name}") for name in names]
    ordered = sorted(families, key=lambda family: getattr(family, "ORDER", 99))
    return tuple(rule for family in ordered for rule in _of(family))


def _of(family: Any) -> list[Rule]:
    name = family.__name__.rpartition(".")[2]
    found = [each for each in vars(family).values() if hasattr(each, _MARK)]
    return [
        _rule(f"{name}.{each.__name__}", each)
        for each in found
        if each.__module__ == family.__name__
    ]


def _rule(name: str, check: Callable[[Bench], None]) -> Rule:
    capability, shared = getattr(check, _MARK)
    return Rule(name, check, capability, " ".join((inspect.getdoc(check) or "").split()), shared)


def broken(message: str) -> NoReturn:
    """End a rule: what was expected, and what was seen.

    Raises:
        RuleBroken: Always.
    """
    raise RuleBroken(message)


def expect(fact: object, message: str) -> None:
    """Go on if something is true.

    Raises:
        RuleBroken: It isn't.
    """
    if not fact:
        broken(message)


def expect_equal(seen: object, expected: object, what: str) -> None:
    """Go on if something is what it should be.

    Raises:
        RuleBroken: It isn't.
    """
    if seen != expected:
        broken(f"{what}: expected {_shown(expected)}, got {_shown(seen)}")


def _shown(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return f"[{', '.join(map(repr, value))}]"
    return repr(value)
