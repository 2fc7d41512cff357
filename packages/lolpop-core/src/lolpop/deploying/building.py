"""Deploy a package: plan, refuse, and only then change anything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lolpop.contract import Deployment, Environment, Package, Plan, ScheduleState
from lolpop.deploying.differences import Change
from lolpop.deploying.engine import Engine
from lolpop.deploying.planning import make_plan, switched
from lolpop.deploying.specifying import plugins_inside, specification
from lolpop.execution.session import cache_of
from lolpop.package.environments import environment
from lolpop.package.opening import unpack
from lolpop.storage import deployed

_POLL = 0.5


@dataclass(frozen=True, slots=True)
class Built:
    """What `build` did."""

    package: Package
    plan: Plan
    deployment: Deployment
    changes: tuple[Change, ...] = ()


def build(used: Engine, package: Package, name: str | None, given: Mapping[str, Any]) -> Built:
    """Make the engine able to run a package.

    Args:
        used: The orchestrator.
        package: The stored package.
        name: The deployment's name, or None for the configured one.
        given: Options of the verb.

    Raises:
        UnsupportedError: The orchestrator refuses; nothing was deployed.
        OwnershipError: Another project's deployment has the name.
    """
    options = used.options("build", given)
    spec = specification(used, package, name)
    planned = make_plan(used, package, spec, given)
    if planned.there is not None:
        used.refuse_foreign(planned.there, options.take_over)
    if planned.refusal:
        raise planned.refusal
    if package.manifest.environment is Environment.VENV:
        opened = unpack(used.store, package.digest, cache_of(used.store) / "packages")
        environment(opened, used.store, plugins_inside(used))
    while options.wait_for_runs and switched(used, package, planned.there):
        time.sleep(_POLL)
    # Before it is made: who is killed in between leaves a note too many, never one too few.
    use = replace(used.use(spec.name, package.digest), spec=spec, fires=spec.schedule is not None)
    deployed.note(used.store, use)
    deployment: Deployment = used.lifecycle.call(
        "deploy", package=package, deployment=spec, options=options
    )
    if use.fires and deployment.schedule_state is not ScheduleState.ACTIVE:
        deployed.note(used.store, replace(use, fires=False))
    if planned.there is not None and planned.there.package_digest != package.digest:
        deployed.forget(used.store, used.use(spec.name, planned.there.package_digest))
    return Built(package, planned.plan, deployment, planned.changes)
