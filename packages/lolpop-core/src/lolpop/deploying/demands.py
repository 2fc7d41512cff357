"""What a workflow asks of an orchestrator, held against what that can do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from lolpop.contract import (
    Capability,
    DeploymentSpec,
    Environment,
    Order,
    Overlap,
    Package,
    Refusal,
)
from lolpop.deploying.parameters import mismatches, missing
from lolpop.errors import LolpopError
from lolpop.orchestrator import Orchestrator
from lolpop.package.opening import refuse_foreign
from lolpop.package.uv import uv_path
from lolpop.storage import Store

_FIELD = r"[A-Za-z0-9*/,?L#-]+"
_CRON = re.compile(rf"{_FIELD}( +{_FIELD}){{4}}")
_BOUNDS = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
    "weekday": (0, 7),
}
_NUMBER = re.compile(r"(?<![/#\w])\d+")
"""A number of a field; a step and the count of a weekday are none."""

_OVERLAPS = {
    Overlap.SKIP: Capability.OVERLAP_SKIP,
    Overlap.QUEUE: Capability.OVERLAP_QUEUE,
}


def demands(
    orchestrator: Orchestrator, package: Package, spec: DeploymentSpec
) -> Iterator[Refusal]:
    """Find everything that can't be honoured; no engine is asked."""
    yield from _capabilities(orchestrator, spec)
    yield from _name(spec)
    yield from _schedule(spec)
    yield from _parameters(package, spec)
    yield from _storage(orchestrator, spec)
    yield from _environment(package)


def remarks(orchestrator: Orchestrator, package: Package, spec: DeploymentSpec) -> Iterator[str]:
    """Say what will be different though nothing is refused."""
    name = type(orchestrator).__name__
    parallel = Capability.PARALLEL_STEPS in orchestrator.capabilities
    if package.manifest.graph.order is Order.DATA and not parallel:
        yield f"{name} runs the steps one after the other, whatever `order` says"


def _capabilities(orchestrator: Orchestrator, spec: DeploymentSpec) -> Iterator[Refusal]:
    name = type(orchestrator).__name__
    for capability, what, hint in _needed(spec):
        if capability not in orchestrator.capabilities:
            yield Refusal(f"{name} has no {capability.value}: {what}", hint, capability)


def _needed(spec: DeploymentSpec) -> Iterator[tuple[Capability, str, str]]:
    yield (
        Capability.DEPLOYMENTS,
        "it only decorates `lolpop run workflow`",
        "deploy with another orchestrator: --deployer NAME",
    )
    if spec.schedule:
        what = f"deployment.schedule is {spec.schedule.cron!r}"
        yield Capability.SCHEDULES, what, "remove deployment.schedule"
    if spec.concurrency is not None:
        what = f"deployment.concurrency is {spec.concurrency}"
        yield Capability.CONCURRENCY, what, "remove deployment.concurrency"
        other = next(each.value for each in Overlap if each is not spec.overlap)
        hint = f"write deployment: {{overlap: {other}}}, if it has overlap_{other}"
        yield _OVERLAPS[spec.overlap], f"deployment.overlap is {spec.overlap.value}", hint
    if repeated := [name for name, each in spec.steps.items() if each.retries]:
        what = f"steps gives retries to {', '.join(repeated)}"
        yield Capability.RETRIES, what, "remove the retries"


def _name(spec: DeploymentSpec) -> Iterator[Refusal]:
    if spec.name != spec.name.strip() or not spec.name or not spec.name.isprintable():
        yield Refusal(
            f"{spec.name!r} can't name a deployment",
            "choose a name with -n, without control characters or spaces around it",
        )


def _schedule(spec: DeploymentSpec) -> Iterator[Refusal]:
    if spec.schedule is None:
        return
    if not _CRON.fullmatch(spec.schedule.cron):
        yield Refusal(
            f"deployment.schedule.cron: {spec.schedule.cron!r} hasn't the form of crontab",
            "write minute, hour, day, month and weekday: '0 6 * * *' is every day at six",
        )
    else:
        yield from _bounds(spec.schedule.cron)
    zones = available_timezones()  # none on a machine without the database: then who knows
    if zones and spec.schedule.timezone not in zones:
        yield Refusal(
            f"deployment.schedule.timezone: there is no zone {spec.schedule.timezone!r}",
            "write an IANA name such as Europe/Paris or UTC",
        )


def _bounds(cron: str) -> Iterator[Refusal]:
    for (name, (low, high)), said in zip(_BOUNDS.items(), cron.split(), strict=True):
        for number in _NUMBER.findall(said):
            if not low <= int(number) <= high:
                yield Refusal(
                    f"deployment.schedule.cron: {cron!r} has {number} as {name}",
                    f"the {name} goes from {low} to {high}",
                )


def _parameters(package: Package, spec: DeploymentSpec) -> Iterator[Refusal]:
    schema = package.manifest.parameters
    for said in mismatches(schema, spec.parameters):
        yield Refusal(f"deployment.parameters: {said}", "correct it in the configuration")
    if spec.schedule is None:
        return
    for name in missing(schema, spec.parameters):
        yield Refusal(
            f"the schedule can't give parameter {name!r}, which has no default",
            f"write its value under deployment.parameters.{name}, or give it a default",
        )


def _storage(orchestrator: Orchestrator, spec: DeploymentSpec) -> Iterator[Refusal]:
    store = Store(spec.storage)
    if spec.storage.startswith("memory:"):
        yield Refusal(
            f"the storage {store.shown!r} is seen by one process alone",
            "name a folder or a URL under `storage`",
        )
    if store.has_password:
        yield Refusal(
            f"there is a password in the storage {store.shown!r}, and the engine would keep and"
            " show it",
            "leave it out, and set it in the environment of lolpop and of the workers as fsspec"
            " reads it, FSSPEC_<PROTOCOL>_<ARGUMENT>: for example FSSPEC_FTP_PASSWORD",
        )
    elsewhere = orchestrator.elsewhere
    if store.is_local and elsewhere and not orchestrator.shared_filesystem:
        yield Refusal(
            f"steps run on {elsewhere}, which doesn't see the folder {store.shown!r}",
            "name a URL under `storage`; if that host sees the folder under this path, write"
            " shared_filesystem: true in the orchestrator's config",
        )


def _environment(package: Package) -> Iterator[Refusal]:
    try:
        refuse_foreign(package.manifest)
    except LolpopError as error:
        yield Refusal(error.message, error.hint)
    if package.manifest.environment is Environment.VENV and uv_path() is None:
        yield Refusal(
            "uv isn't installed, and an environment of the package's own needs it",
            "pip install uv, or package: {environment: current}",
        )
