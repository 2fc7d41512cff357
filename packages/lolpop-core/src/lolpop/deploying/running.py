"""Start and end runs, and take deployments away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lolpop.contract import Deployment, Removed, Run, Stopped
from lolpop.deploying.engine import Engine
from lolpop.deploying.parameters import check_parameters, read_pairs
from lolpop.errors import NotStoppedError, UsageError
from lolpop.package.opening import read_manifest
from lolpop.storage import Store, deployed


def default_name(used: Engine, name: str | None) -> str:
    """Give the name of the deployment that is meant: the given, configured or only one.

    Raises:
        UsageError: It isn't given, and there are several.
    """
    if name or used.settings.deployment.name:
        return str(name or used.settings.deployment.name)
    found: list[Deployment] = used.lifecycle.call("deployments")
    own = [deployment.name for deployment in found if deployment.project == used.project]
    if len(own) == 1:
        return own[0]
    raise UsageError(
        f"which deployment? project {used.project!r} has {', '.join(own) or 'none'}",
        hint="give its name" if own else "`lolpop deployment build` makes one",
    )


def start(
    used: Engine,
    name: str,
    values: Mapping[str, Any],
    given: Mapping[str, Any],
    pairs: Sequence[str] = (),
) -> Run:
    """Start one run of a deployment.

    Args:
        used: The orchestrator.
        name: The deployment's name.
        values: The run's parameters, JSON values.
        given: Options of the verb.
        pairs: Further parameters as they were typed, `K=V`.

    Raises:
        UsageError: A parameter isn't known, doesn't fit, or is missing; nothing is started.
    """
    options = used.options("run", given)
    deployment = used.deployment(name, options.take_over)
    schema = read_manifest(Store(deployment.storage), deployment.package_digest).parameters
    parameters = {**values, **read_pairs(schema, pairs, name)}
    check_parameters(schema, parameters, deployment.parameters, name)
    run: Run = used.lifecycle.call(
        "run", deployment_name=name, parameters=parameters, options=options
    )
    return run


def stop(used: Engine, name: str, run_id: str | None, given: Mapping[str, Any]) -> Stopped:
    """End runs of a deployment, verified.

    Raises:
        NotStoppedError: Something is left when the time is up.
    """
    options = used.options("stop", given)
    used.deployment(name, options.take_over)
    stopped: Stopped = used.lifecycle.call(
        "stop", deployment_name=name, run_id=run_id, options=options
    )
    if stopped.left:
        raise NotStoppedError(
            f"not all of {name!r} is stopped: {'; '.join(stopped.left)}", left=stopped.left
        )
    return stopped


def remove(used: Engine, name: str, given: Mapping[str, Any]) -> Removed:
    """Stop a deployment and take it out of the engine, verified."""
    options = used.options("remove", given)
    there = used.deployment(name, options.take_over)
    removed: Removed = used.lifecycle.call("remove", deployment_name=name, options=options)
    deployed.forget(used.store, used.use(name, there.package_digest))
    return removed
