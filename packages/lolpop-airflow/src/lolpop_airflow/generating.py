"""The DAG file of a deployment: the same deployment gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from pprint import pformat
from typing import Any

from lolpop.contract import DeploymentSpec, Package, RunRef, Step, to_json
from lolpop.execution.request import Request, command
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.form import params_of, unsaid_of
from lolpop_airflow.naming import dag_id_of, group_ids, task_ids

NAME = "AirflowOrchestrator"
MARK = "lolpop"
FORMAT = 1
"""The version of the generated file; it rises when an older plugin couldn't read it."""

HEADER = "# lolpop: "
ACTIVE, SUSPENDED = "SUSPENDED = False\n", "SUSPENDED = True\n"
EVER = "SINCE = None\n"
_PREAMBLE = Path(__file__).parent / "templates" / "preamble.txt"
_UNLIMITED = 10_000
"""Airflow wants a limit of active runs; its own default is 16."""

_SLACK = 30.0
"""Seconds after which Airflow ends a step itself, if the step command hasn't in time."""


def generate(
    package: Package, spec: DeploymentSpec, config: AirflowConfig, decorate: str | None = None
) -> str:
    """Write the DAG file of a deployment, its schedule active.

    Args:
        package: What is deployed.
        spec: How.
        config: The orchestrator's.
        decorate: What a step's process is told of the orchestrator, or None.
    """
    preamble = _PREAMBLE.read_text("utf-8")
    body = "".join(_parts(package, spec, config, decorate))
    revision = sha256(f"{preamble}{body}".encode()).hexdigest()[:16]
    constants = f"\nREVISION = {revision!r}\n{ACTIVE}{EVER}"
    return f"{_head(package, spec, revision)}{preamble}{constants}{body}"


def _head(package: Package, spec: DeploymentSpec, revision: str) -> str:
    facts = {
        "format": FORMAT,
        "revision": revision,
        "package": package.digest,
        "deployment": spec.digest(package.digest),
        "spec": to_json(spec),
        "unsaid": unsaid_of(package.manifest.parameters, spec.parameters),
    }
    return (
        f"# Made by lolpop-airflow: deployment {spec.name!r} of project {spec.project!r},\n"
        f"# from package {package.digest}.\n"
        "# Change the workflow, not this file: `lolpop deployment build` writes it again.\n"
        f"{HEADER}{json.dumps(facts, sort_keys=True)}\n\n"
    )


def _parts(
    package: Package, spec: DeploymentSpec, config: AirflowConfig, decorate: str | None
) -> Iterator[str]:
    params = params_of(package.manifest.parameters, spec.parameters)
    yield _constant("COMMAND", _command(package, spec, decorate))
    yield _constant("PARAMETERS", to_json(dict(spec.parameters)))
    yield _constant("PARAMS", params)
    yield _constant("UNSAID", unsaid_of(package.manifest.parameters, spec.parameters))
    yield _dag(package, spec, config)
    yield from _groups(package)
    yield from _steps(package, spec, config)


def _constant(name: str, value: Any) -> str:
    said = pformat(value, width=96, sort_dicts=False)
    return f"\n{name} = \\\n{said}\n" if "\n" in said else f"\n{name} = {said}\n"


def _command(package: Package, spec: DeploymentSpec, decorate: str | None) -> list[str]:
    """Give the step command without what the task itself adds."""
    ref = RunRef(NAME, spec.name, "")
    request = Request(
        storage=spec.storage, package=package.digest, ref=ref, step="", decorate=decorate
    )
    added = ("--run=", "--step=", "--attempt=")
    line = command(request, spec.interpreter)
    return [each for each in line if not each.startswith(added)]


def _dag(package: Package, spec: DeploymentSpec, config: AirflowConfig) -> str:
    arguments = {
        "dag_id": repr(dag_id_of(spec.name)),
        "dag_display_name": repr(spec.name),
        "description": repr(f"{package.manifest.runner}, deployed by lolpop"),
        "doc_md": _doc(package, spec),
        "schedule": _schedule(spec),
        "start_date": "datetime.fromisoformat(SINCE) if SINCE else None",
        "catchup": "False",
        "max_active_runs": repr(spec.concurrency or _UNLIMITED),
        "is_paused_upon_creation": "False",
        "tags": repr(sorted({MARK, spec.project[:100], *config.tags})),
        "params": "{name: Param(**each) for name, each in PARAMS.items()}",
    }
    lines = "".join(f"    {key}={value},\n" for key, value in arguments.items())
    return f"\nsteps, groups = {{}}, {{}}\n\nwith DAG(\n{lines}) as dag:\n"


def _doc(package: Package, spec: DeploymentSpec) -> str:
    said = f"Deployment `{spec.name}` of project `{spec.project}`, package `{package.digest}`."
    return f"{said!r} f' Revision `{{REVISION}}`.' + SUSPENDED * ' The schedule is suspended.'"


def _schedule(spec: DeploymentSpec) -> str:
    if spec.schedule is None:
        return "None"
    made = f"CronTriggerTimetable({spec.schedule.cron!r}, timezone={spec.schedule.timezone!r})"
    return f"None if SUSPENDED else {made}"


def _groups(package: Package) -> Iterator[str]:
    groups = package.manifest.graph.groups
    ids = group_ids(group.path for group in groups)
    for group in groups:
        parent = f", parent_group=groups[{group.path[:-1]!r}]" if group.path[:-1] else ""
        tip = f", tooltip={group.doc!r}" if group.doc else ""
        yield f"    groups[{group.path!r}] = TaskGroup({ids[group.path]!r}{parent}{tip})\n"


def _steps(package: Package, spec: DeploymentSpec, config: AirflowConfig) -> Iterator[str]:
    steps = package.manifest.graph.steps
    ids = task_ids(step.name for step in steps)
    for step in steps:
        yield f"    steps[{step.name!r}] = Step(\n"
        for key, value in _arguments(step, ids[step.name], spec, config):
            yield f"        {key}={value},\n"
        yield "    )\n"
        if step.after:
            names = ", ".join(f"steps[{name!r}]" for name in step.after)
            yield f"    steps[{step.name!r}] << [{names}]\n"
    if not steps:
        yield "    pass\n"


def _arguments(
    step: Step, task_id: str, spec: DeploymentSpec, config: AirflowConfig
) -> Iterator[tuple[str, str]]:
    settings = spec.settings(step.name)
    yield "step", repr(step.name)
    yield "task_id", repr(task_id)
    if step.group:
        yield "task_group", f"groups[{step.group!r}]"
    if step.doc:
        yield "doc", repr(step.doc)
    yield "retries", repr(settings.retries)
    yield "retry_delay", f"timedelta(seconds={settings.retry_delay!r})"
    if settings.timeout is not None:
        yield "timeout", repr(settings.timeout)
        yield "execution_timeout", f"timedelta(seconds={settings.timeout + _SLACK!r})"
    if config.pool is not None:
        yield "pool", repr(config.pool)
