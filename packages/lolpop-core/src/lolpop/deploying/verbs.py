"""What the verbs of `lolpop deployment` do; they print nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from lolpop.config.settings import Settings
from lolpop.config.validation import read
from lolpop.contract import (
    Deployment,
    DeploymentSpec,
    Environment,
    Overlap,
    Package,
    Plan,
    Removed,
    Run,
    RunStatus,
    Schedule,
    StepSettings,
    Stopped,
    Workflow,
)
from lolpop.deploying.engine import Engine, chosen, engine
from lolpop.errors import (
    NotFoundError,
    NotStoppedError,
    UnsupportedError,
    UsageError,
    nearest,
)
from lolpop.inprocess import Source, prepared
from lolpop.package.environments import environment
from lolpop.package.opening import read_manifest, unpack
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop.workflow.entrypoint import choose


def make_package(
    source: Source, method: str | None, given: Mapping[str, Any], deployer: str | None = None
) -> Package:
    """Package a workflow; the same content is stored once.

    Args:
        source: Where the workflow comes from.
        method: The entrypoint, or None for the configured or only one.
        given: Options of the verb.
        deployer: An orchestrator instead of the configured one.
    """
    used = engine(source, deployer)
    workflow = described(chosen(source, deployer), method)
    package: Package = used.lifecycle.call(
        "package", workflow=workflow, options=used.options("package", given)
    )
    return package


def described(source: Source, method: str | None) -> Workflow:
    """Describe a workflow in full, as the hook `package` gets it."""
    with prepared(source, method) as blueprint:
        cls = blueprint.runner.cls
        assert cls is not None
        return Workflow(
            project_folder=blueprint.document.folder,
            config_files=blueprint.document.files,
            overrides=source.overrides,
            runner=f"{cls.__module__}:{cls.__qualname__}",
            entrypoint=choose(cls, method or blueprint.settings.entrypoint),
            local_file=source.file.absolute() if source.file else None,
        )


@dataclass(frozen=True, slots=True)
class Built:
    """What `build` did."""

    package: Package
    plan: Plan
    deployment: Deployment


def build(
    source: Source,
    method: str | None,
    name: str | None,
    given: Mapping[str, Any],
    deployer: str | None = None,
) -> Built:
    """Package a workflow and make the engine able to run it.

    Args:
        source: Where the workflow comes from.
        method: The entrypoint, or None for the configured or only one.
        name: The deployment's name, or None for the configured one.
        given: Options of the verb.
        deployer: An orchestrator instead of the configured one.

    Raises:
        UnsupportedError: The orchestrator refuses; nothing was deployed.
        OwnershipError: Another project's deployment has the name.
    """
    package = make_package(source, method, {}, deployer)
    used = engine(source, deployer)
    options = used.options("build", given)
    spec = specification(used, package, name)
    for deployment in used.lifecycle.call("deployments"):
        if deployment.name == spec.name:
            used.refuse_foreign(deployment, options.take_over)
    shared = {key: getattr(options, key) for key in ("take_over", "wait_for_runs")}
    plan: Plan = used.lifecycle.call(
        "plan", package=package, deployment=spec, options=used.options("plan", shared)
    )
    if plan.refusals:
        reasons = "; ".join(refusal.reason for refusal in plan.refusals)
        hints = [refusal.hint for refusal in plan.refusals if refusal.hint]
        raise UnsupportedError(
            f"{used.name} can't run this: {reasons}", hint="; ".join(hints) or None
        )
    deployment = used.lifecycle.call("deploy", package=package, deployment=spec, options=options)
    return Built(package, plan, deployment)


def specification(used: Engine, package: Package, name: str | None) -> DeploymentSpec:
    """Say what a package is deployed as, from the configuration."""
    section = used.settings.deployment
    node = used.document.root.get("deployment")
    parameters = node.get("parameters") if node else None
    schedule = section.schedule
    store = Store(used.storage)
    return DeploymentSpec(
        name=name or section.name or _kebab(package.manifest.runner.rpartition(":")[2]),
        project=used.project,
        parameters=read(parameters, os.environ) if parameters else {},
        schedule=Schedule(schedule.cron, schedule.timezone) if schedule else None,
        concurrency=section.concurrency,
        overlap=Overlap(section.overlap),
        storage=used.storage,
        interpreter=_interpreter(package, store),
        steps=_step_settings(used.settings, [step.name for step in package.manifest.graph.steps]),
    )


def _interpreter(package: Package, store: Store) -> str:
    if package.manifest.environment is Environment.CURRENT:
        return sys.executable
    from lolpop.execution.session import cache_of

    opened = unpack(store, package.digest, cache_of(store) / "packages")
    return str(environment(opened, store))


def _step_settings(settings: Settings, names: Sequence[str]) -> dict[str, StepSettings]:
    """Resolve the globs of `steps`; of several that match a step the most literal wins."""
    found: dict[str, StepSettings] = {}
    by_literal = sorted(settings.steps, key=lambda glob: len(glob.replace("*", "")))
    for name in names:
        values: dict[str, Any] = {}
        for glob in by_literal:
            if glob == name or fnmatchcase(name, glob):
                section = settings.steps[glob].model_dump(exclude_none=True, exclude={"stateless"})
                values.update(section)
        if values:
            found[name] = StepSettings(**values)
    return found


def _kebab(name: str) -> str:
    parts = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
    return parts.lstrip("-")


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
        hint="give its name",
    )


def start(used: Engine, name: str, parameters: Mapping[str, Any], given: Mapping[str, Any]) -> Run:
    """Start one run of a deployment."""
    options = used.options("run", given)
    used.deployment(name, options.take_over)
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
    used.deployment(name, options.take_over)
    removed: Removed = used.lifecycle.call("remove", deployment_name=name, options=options)
    return removed


def newest(used: Engine, name: str, run_id: str | None) -> Run:
    """Find a run of a deployment, the newest by default.

    Raises:
        NotFoundError: There is none.
    """
    used.deployment(name, take_over=True)
    runs: list[Run] = used.lifecycle.call("runs", deployment_name=name, active=False)
    for run in runs:
        if run_id in (None, run.ref.run_id):
            return run
    what = f"run {run_id!r}" if run_id else "run yet"
    raise NotFoundError(
        f"deployment {name!r} has no {what}", hint="`lolpop deployment run` starts one"
    )


def status(used: Engine, run: Run) -> RunStatus:
    """Say where a run stands: the engine's word for it, and its steps from the records."""
    found: RunStatus = used.lifecycle.call("status", ref=run.ref)
    record = record_of(used, run)
    return replace(found, steps=tuple(record.steps())) if record else found


def record_of(used: Engine, run: Run) -> RunRecord | None:
    """Give a run's record, or None if no step of it has started."""
    return Runs(Store(used.storage)).find(run.ref)


def logs(used: Engine, run: Run, step: str | None) -> Iterator[bytes]:
    """Give what the steps of a run printed, in the order in which they started.

    Raises:
        NotFoundError: The step hasn't started in this run.
    """
    record = record_of(used, run)
    names = [found.name for found in record.steps()] if record else []
    if step is not None and step not in names:
        raise NotFoundError(
            f"step {step!r} hasn't started in run {run.ref.run_id!r}; started: {', '.join(names)}"
        )
    for name in names:
        if record and step in (None, name):
            yield from (attempt.read_log() for attempt in record.attempts(name))


def parameters(used: Engine, name: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Read `K=V` pairs by the schema of the deployment's parameters.

    Raises:
        UsageError: A pair isn't of this form, or nothing of that name is known.
    """
    digest = used.deployment(name, take_over=True).package_digest
    known = read_manifest(Store(used.storage), digest).parameters.get("properties", {})
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} isn't of the form K=V", hint="for example --param seed=7")
        if key not in known:
            likely = nearest(key, known)
            hint = (
                f"did you mean {likely!r}?" if likely else f"there is {', '.join(known) or 'none'}"
            )
            raise UsageError(f"{name!r} has no parameter {key!r}", hint=hint)
        found[key] = _value(text, known[key])
    return found


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
