"""Hold an orchestrator to a rule, or to its word that it can't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lolpop.contract import Capability
from lolpop.errors import UnsupportedError
from lolpop.testing.bench import Bench
from lolpop.testing.rule import NotGivenError, Rule, RuleBroken, expect


class Outcome(Enum):
    """What became of a rule."""

    KEPT = "kept"
    """The orchestrator keeps it."""

    BROKEN = "broken"
    """It doesn't."""

    REFUSED = "refused"
    """It lacks the capability, and refuses what needs it."""

    NOT_DECLARED = "not declared"
    """It lacks the capability, and nothing can ask for that."""

    NOT_GIVEN = "not given"
    """The harness doesn't say what the rule needs to know."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule.

    Attributes:
        rule: The rule.
        outcome: What became of it.
        message: Why, or None where it is kept.
    """

    rule: Rule
    outcome: Outcome
    message: str | None = None


_DEMANDS: Mapping[Capability, Mapping[str, Any]] = {
    Capability.DEPLOYMENTS: {},
    Capability.SCHEDULES: {"deployment": {"schedule": {"cron": "0 6 * * *"}}},
    Capability.CONCURRENCY: {"deployment": {"concurrency": 1}},
    Capability.OVERLAP_SKIP: {"deployment": {"concurrency": 1, "overlap": "skip"}},
    Capability.OVERLAP_QUEUE: {"deployment": {"concurrency": 1, "overlap": "queue"}},
    Capability.RETRIES: {"steps": {"*": {"retries": 1}}},
}
"""What to ask of an orchestrator that doesn't declare a capability; the others have nothing
that could be asked for."""


def judge(rule: Rule, bench: Bench) -> Verdict:
    """Hold the orchestrator to one rule."""
    try:
        if rule.capability is None or bench.declares(rule.capability):
            rule.check(bench)
            return Verdict(rule, Outcome.KEPT)
        return _undeclared(rule, rule.capability, bench)
    except RuleBroken as error:
        bench.forget_built()
        return Verdict(rule, Outcome.BROKEN, str(error))
    except NotGivenError as error:
        return Verdict(rule, Outcome.NOT_GIVEN, f"the harness doesn't say {error}")


def _undeclared(rule: Rule, capability: Capability, bench: Bench) -> Verdict:
    said = f"{bench.orchestrator} doesn't declare {capability.value}"
    if capability not in _DEMANDS:
        return Verdict(rule, Outcome.NOT_DECLARED, said)
    refuse(bench, capability)
    return Verdict(rule, Outcome.REFUSED, f"{said}, and refuses what needs it")


def refuse(bench: Bench, capability: Capability) -> None:
    """See that what needs an undeclared capability is refused, with nothing deployed.

    Raises:
        RuleBroken: It isn't.
    """
    project = bench.project(**_DEMANDS[capability])
    error = raised(UnsupportedError, project.build)
    expect(
        isinstance(error, UnsupportedError) and str(error),
        f"{bench.orchestrator} doesn't declare {capability.value}, so a deployment that needs it"
        f" must raise UnsupportedError with the reason; it raised {error!r}",
    )


def raised(kind: type[Exception], call: Callable[[], object]) -> Exception | None:
    """Give what a call raises of a kind, or None; anything else goes on."""
    try:
        call()
    except kind as error:
        return error
    return None
