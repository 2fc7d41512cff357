"""What the verbs of `lolpop deployment` do; they print nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from lolpop.config.document import Document, load
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
from lolpop.errors import (
    NotFoundError,
    NotStoppedError,
    OwnershipError,
    UnsupportedError,
    UsageError,
    nearest,
)
from lolpop.inprocess import Source, extensions_of, prepared, provider_of
from lolpop.lifecycle import Lifecycle
from lolpop.orchestrator import Orchestrator
from lolpop.package.environments import environment
from lolpop.package.opening import read_manifest, unpack
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop.workflow.assembly import assemble_alone
from lolpop.workflow.blueprint import Part
from lolpop.workflow.check import check_orchestrator, settings_of
from lolpop.workflow.entrypoint import choose

DEFAULT = "LocalOrchestrator"


@dataclass(frozen=True, slots=True)
class Engine:
    """The orchestrator of a project, ready to be called.

    Attributes:
        document: The project's configuration.
        settings: The core's own keys.
        lifecycle: The orchestrator's hooks.
        part: The orchestrator as the configuration names it.
        storage: The absolute URL of the project's storage.
        project: The project's name.
    """

    document: Document
    settings: Settings
    lifecycle: Lifecycle
    part: Part
    storage: str
    project: str

    @property
    def name(self) -> str:
        """The orchestrator's name."""
        return type(self.lifecycle.orchestrator).__name__

    def options(self, verb: str, given: Mapping[str, Any]) -> Any:
        """Make a verb's options: those of the configuration, overlaid by given ones.

        Raises:
            UsageError: A given one isn't known, or doesn't fit.
        """
        model: type[BaseModel] = self.lifecycle.orchestrator.options[verb]
        node = self.part.options.get(verb)
        configured = read(node, os.environ) if node else {}
        try:
            return model.model_validate({**configured, **given})
        except ValidationError as error:
            found = error.errors()[0]
            path = ".".join(map(str, found["loc"]))
            known = ", ".join(model.model_fields) or "none"
            message = f"options of {verb!r}: {path}: {found['msg'][:1].lower()}{found['msg'][1:]}"
            raise UsageError(message, hint=f"there is {known}") from None

    def deployment(self, name: str, take_over: bool) -> Deployment:
        """Find a deployment of this project.

        Raises:
            NotFoundError: There is none of that name.
            OwnershipError: It is another project's.
        """
        found: list[Deployment] = self.lifecycle.call("deployments")
        for deployment in found:
            if deployment.name == name:
                self.refuse_foreign(deployment, take_over)
                return deployment
        names = ", ".join(deployment.name for deployment in found) or "none"
        raise NotFoundError(
            f"no deployment {name!r} on {self.name}; there is {names}",
            hint="`lolpop deployment build` makes one",
        )

    def refuse_foreign(self, deployment: Deployment, take_over: bool) -> None:
        """Refuse a deployment that another project made."""
        if deployment.project != self.project and not take_over:
            raise OwnershipError(
                f"deployment {deployment.name!r} belongs to project {deployment.project!r},"
                f" this is {self.project!r}",
                hint="choose another name with -n, or say --take-over",
            )


def engine(source: Source, deployer: str | None = None) -> Engine:
    """Make a project's orchestrator ready; its workflow's code isn't imported.

    Args:
        source: Where the configuration comes from.
        deployer: An orchestrator instead of the configured one.

    Raises:
        ConfigError: The orchestrator's part of the configuration is wrong.
        PluginError: The orchestrator can't be used.
    """
    document = load(source.files, chosen(source, deployer).overrides)
    settings, problems = settings_of(document)
    part = check_orchestrator(document)
    made = assemble_alone(part, document.folder, os.environ)
    assert isinstance(made, Orchestrator)
    storage = _storage(document, "" if problems else settings.storage)
    made.__dict__["storage"] = storage
    name = str(part.section.class_name.value) if part.section.class_name else ""
    lifecycle = Lifecycle(made, provider_of(name), extensions_of(settings))
    return Engine(document, settings, lifecycle, part, storage, _project(document, settings))


def chosen(source: Source, deployer: str | None) -> Source:
    """Choose the orchestrator as its line in the YAML does; the embedded one if nobody does."""
    line = f"decorators.orchestrator={deployer}"
    if deployer is None:
        named = load(source.files, source.overrides).root.get("decorators")
        if named is not None and named.get("orchestrator") is not None:
            return source
        line = f"decorators.orchestrator={DEFAULT}"
    return replace(source, overrides=(*source.overrides, line))


def _storage(document: Document, configured: str) -> str:
    node = document.root.get("storage")
    text = str(read(node, os.environ)) if node else configured or ".lolpop"
    if "://" in text:
        return text
    base = node.base if node else document.folder
    return str((base / Path(text).expanduser()).absolute())


def _project(document: Document, settings: Settings) -> str:
    if settings.deployment.project:
        return settings.deployment.project
    file = document.folder / "pyproject.toml"
    if file.is_file():
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        name = tomllib.loads(file.read_text("utf-8")).get("project", {}).get("name")
        if name:
            return str(name)
    return document.folder.name


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
