"""What a deployment would do, and everything that stands against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lolpop.contract import (
    Capability,
    Deployment,
    DeploymentSpec,
    Package,
    Plan,
    Refusal,
    Run,
)
from lolpop.deploying.demands import demands, remarks
from lolpop.deploying.differences import Change, differences
from lolpop.deploying.elsewhere import warnings_elsewhere
from lolpop.deploying.engine import Engine
from lolpop.deploying.specifying import idle_globs
from lolpop.deploying.standing import graph_of
from lolpop.errors import LolpopError, UnsupportedError, nearest
from lolpop.storage import Store


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it was made from.

    Attributes:
        package: What would be deployed.
        spec: As what.
        plan: What that would do.
        there: What the engine has under that name, or None.
        changes: What differs from that.
    """

    package: Package
    spec: DeploymentSpec
    plan: Plan
    there: Deployment | None = None
    changes: tuple[Change, ...] = ()

    @property
    def refusal(self) -> UnsupportedError | None:
        """The error that says all that stands against it, or None."""
        if self.plan.ok:
            return None
        reasons = [refusal.reason for refusal in self.plan.refusals]
        hints = dict.fromkeys(refusal.hint for refusal in self.plan.refusals if refusal.hint)
        lines = reasons if len(reasons) == 1 else ["", *(f"  {reason}" for reason in reasons)]
        name = self.plan.deployment
        said = f"deployment {name!r} is refused: " + "\n".join(lines).lstrip(" ")
        return UnsupportedError(said, hint="; ".join(hints) or None)


def make_plan(
    used: Engine, package: Package, spec: DeploymentSpec, given: Mapping[str, Any]
) -> Planned:
    """Say what deploying would do; nothing is written.

    Args:
        used: The orchestrator.
        package: The package, which needn't be stored yet.
        spec: What it is to be deployed as.
        given: Options of `deploy`, as `--deployment-kwargs` gives them.
    """
    options = used.options("build", given)
    found = [*demands(used.lifecycle.orchestrator, package, spec)]
    notes = [
        *package.warnings,
        *remarks(used.lifecycle.orchestrator, package, spec),
        *_idle(used, package),
    ]
    notes += warnings_elsewhere(used, spec.name)
    if not used.deploys:
        digest = spec.digest(package.digest)
        plan = Plan(deployment=spec.name, deployment_digest=digest, refusals=tuple(found))
        return Planned(package, spec, plan)
    there = used.find(spec.name)
    found += _foreign(used, there, options.take_over)
    runs = switched(used, package, there)
    found += _moved(used, spec, there)
    if runs and options.wait_for_runs:
        notes.append(f"waits until {_named(runs)} of {spec.name} is over")
    elif runs:
        found.append(_switches(used, spec.name, runs))
    shared = {key: getattr(options, key) for key in ("take_over", "wait_for_runs")}
    theirs: Plan = used.lifecycle.call(
        "plan", package=package, deployment=spec, options=used.options("plan", shared)
    )
    plan = replace(theirs, refusals=(*found, *theirs.refusals), notes=(*notes, *theirs.notes))
    changes = differences(used, there, package, spec) if there else ()
    return Planned(package, spec, plan, there, tuple(changes))


def switched(used: Engine, package: Package, there: Deployment | None) -> list[Run]:
    """List the active runs that the engine would switch to another graph."""
    can = Capability.REDEPLOY_DURING_RUNS in used.lifecycle.orchestrator.capabilities
    if can or there is None or there.package_digest == package.digest:
        return []
    try:
        old = graph_of(there.storage, there.package_digest)
    except LolpopError:
        old = None
    if old == package.manifest.graph:
        return []
    runs: list[Run] = used.lifecycle.call("runs", deployment_name=there.name, active=True)
    return runs


def _moved(used: Engine, spec: DeploymentSpec, there: Deployment | None) -> Iterator[Refusal]:
    """Refuse another storage while there are runs whose records are in the old one."""
    if there is None or there.storage == spec.storage:
        return
    runs: list[Run] = used.lifecycle.call("runs", deployment_name=there.name, active=True)
    if runs:
        yield Refusal(
            f"the records of {_named(runs)} of {there.name!r} are in"
            f" {Store(there.storage).shown!r}: from another storage it couldn't be stopped",
            "name that storage, or stop the runs first",
        )


def _switches(used: Engine, name: str, runs: list[Run]) -> Refusal:
    return Refusal(
        f"{used.name} would switch {_named(runs)} of {name!r} to other steps in the middle",
        "stop the runs, or wait for them with --wait-for-runs",
        Capability.REDEPLOY_DURING_RUNS,
    )


def _named(runs: list[Run]) -> str:
    return ", ".join(f"run {run.ref.run_id}" for run in runs)


def _foreign(used: Engine, there: Deployment | None, take_over: bool) -> Iterator[Refusal]:
    if there is None:
        return
    try:
        used.refuse_foreign(there, take_over)
    except LolpopError as error:
        yield Refusal(error.message, error.hint)


def _idle(used: Engine, package: Package) -> Iterator[str]:
    names = [step.name for step in package.manifest.graph.steps]
    for glob in idle_globs(used.settings, names):
        likely = nearest(glob, names)
        more = f": did you mean {likely!r}?" if likely else f"; there is {', '.join(names)}"
        yield f"{glob!r} in `steps` matches no step{more}"
