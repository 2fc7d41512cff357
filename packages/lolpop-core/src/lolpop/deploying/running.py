"""Start and end runs, and take deployments away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lolpop.contract import Deployment, Removed, Run, Stopped
from lolpop.deploying.choosing import LATEST, one_of
from lolpop.deploying.elsewhere import suspend_notes
from lolpop.deploying.engine import Engine
from lolpop.deploying.parameters import check_parameters, read_pairs
from lolpop.deploying.specifying import kebab
from lolpop.errors import NotFoundError, NotStoppedError, UsageError
from lolpop.package.opening import read_manifest
from lolpop.storage import Store, deployed


def default_name(used: Engine, name: str | None) -> str:
    """Give the name of the deployment that is meant: given, configured, the runner's or only one.

    Raises:
        UsageError: It isn't given, and there are several.
    """
    if name or used.settings.deployment.name:
        return str(name or used.settings.deployment.name)
    found: list[Deployment] = used.lifecycle.call("deployments")
    own = [deployment.name for deployment in found if deployment.project == used.project]
    named = used.document.root.get("runner")
    built = kebab(str(named.value).rpartition(":")[2]) if named else None
    if built in own:
        return str(built)
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
        given: Options of the verb; parameters may stand among them.
        pairs: Further parameters as they were typed, `K=V`.

    Raises:
        UsageError: A parameter isn't known, doesn't fit, or is missing; nothing is started.
    """
    known = used.lifecycle.orchestrator.options["run"].model_fields
    options = used.options("run", {key: given[key] for key in given.keys() & known})
    further = {key: value for key, value in given.items() if key not in known}
    deployment = used.deployment(name, options.take_over)
    schema = read_manifest(Store(deployment.storage), deployment.package_digest).parameters
    if not further.keys() <= schema.get("properties", {}).keys():
        used.options("run", given)  # refuses the others
    parameters = {**further, **values, **read_pairs(schema, pairs, name)}
    check_parameters(schema, parameters, deployment.parameters, name)
    run: Run = used.lifecycle.call(
        "run", deployment_name=name, parameters=parameters, options=options
    )
    return run


def stop(used: Engine, name: str, named: str | None, given: Mapping[str, Any]) -> Stopped:
    """End runs of a deployment, verified.

    Args:
        used: The orchestrator.
        name: The deployment's name.
        named: One active run, as `one_of` takes it; None for all of them.
        given: Options of the verb.

    Raises:
        NotFoundError: There is no such run.
        NotStoppedError: Something is left when the time is up.
        UsageError: Several active runs are meant.
    """
    options = used.options("stop", given)
    used.deployment(name, options.take_over)
    run_id = named and _active(used, name, named)
    stopped: Stopped = used.lifecycle.call(
        "stop", deployment_name=name, run_id=run_id, options=options
    )
    if stopped.schedule_suspended:
        suspend_notes(used, name)
    if stopped.left:
        raise NotStoppedError(
            f"not all of {name!r} is stopped: {'; '.join(stopped.left)}", left=stopped.left
        )
    return stopped


def _active(used: Engine, name: str, named: str) -> str:
    """Give the id of an active run; of one that is over, or that isn't there, what was named."""
    runs: list[Run] = used.lifecycle.call("runs", deployment_name=name, active=True)
    found = one_of(runs, named)
    if found is None and named == LATEST:
        raise NotFoundError(f"no run of deployment {name!r} is active")
    return found.ref.run_id if found else named


def remove(used: Engine, name: str, given: Mapping[str, Any]) -> Removed:
    """Stop a deployment and take it out of the engine, verified."""
    options = used.options("remove", given)
    there = used.deployment(name, options.take_over)
    removed: Removed = used.lifecycle.call("remove", deployment_name=name, options=options)
    deployed.forget(used.store, used.use(name, there.package_digest))
    return removed
