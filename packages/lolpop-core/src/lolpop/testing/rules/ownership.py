"""Whose a deployment is."""

from __future__ import annotations

from collections.abc import Callable

from lolpop.errors import LolpopError, OwnershipError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.rule import expect, expect_equal, rule

ORDER = 10


@rule()
def another_projects_deployment_is_left_alone(bench: Bench) -> None:
    """Refuse to build over, run, stop or remove what another project deployed."""
    owner = bench.project()
    owner.build()
    other = bench.project(deployment={"name": owner.name, "project": "somebody-else"})
    verbs: dict[str, Callable[[], object]] = {
        "build": other.build,
        "run": other.start,
        "stop": other.stop,
        "remove": other.remove,
    }
    for verb, call in verbs.items():
        error = raised(LolpopError, call)
        expect(
            isinstance(error, OwnershipError) and "conformance" in str(error),
            f"{verb} must raise OwnershipError and name the owner: {error!r}",
        )
    found = owner.deployment()
    expect_equal(found and found.project, "conformance", "the owner afterwards")
    expect_equal(owner.finish().run.state.value, "succeeded", "a run by the owner")


@rule()
def it_can_be_taken_over(bench: Bench) -> None:
    """Replace another project's deployment if one says so."""
    owner = bench.project()
    owner.build()
    other = bench.project(deployment={"name": owner.name, "project": "somebody-else"})
    other.build(take_over=True)
    found = other.deployment()
    expect_equal(found and found.project, "somebody-else", "the owner afterwards")
    expect_equal(other.finish().run.state.value, "succeeded", "a run by the new owner")
    other.remove()
