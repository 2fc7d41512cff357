"""`lolpop deployment`: package, plan and build deployments, list and remove them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import ENTRYPOINT, command, configured, named, sourced
from lolpop.cli.values import json_object
from lolpop.contract import Deployment, Package, to_json
from lolpop.deploying import engine as engines
from lolpop.deploying.building import build as build_deployment
from lolpop.deploying.elsewhere import elsewhere
from lolpop.deploying.packaging import make_package, wanted_package
from lolpop.deploying.planning import Planned, make_plan
from lolpop.deploying.running import default_name
from lolpop.deploying.running import remove as remove_deployment
from lolpop.deploying.specifying import specification
from lolpop.deploying.variables import Variable, variables
from lolpop.inprocess import Source
from lolpop.pictures import words
from lolpop.storage.deployed import Use

_NAME = click.option("-n", "--name", metavar="NAME", help="The deployment's name.")
_PACKAGE = click.option(
    "--package",
    metavar="DIGEST|PATH",
    help="A stored package, or one that came as a file, instead of packaging.",
)
_KEYWORDS = click.option(
    "--deployment-kwargs", "keywords", metavar="JSON", help="Options of the deployer."
)
_TAKE_OVER = click.option("--take-over", is_flag=True, help="Replace another project's deployment.")
_WAIT_FOR_RUNS = click.option(
    "--wait-for-runs",
    is_flag=True,
    help="Let build wait for active runs that new steps would disturb.",
)


def on_deployer(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-c`, `--set` and `--deployer`."""
    deployer = click.option(
        "--deployer", metavar="X", help="An orchestrator instead of the configured one."
    )
    return configured(deployer(function))


@click.command(epilog="Example: lolpop deployment package PenguinRunner -c lolpop.yaml")
@command
@sourced
@click.option("--packager", metavar="X", help="An orchestrator instead of the configured one.")
@ENTRYPOINT
@click.option("-p", "--package-method", metavar="METHOD", help="The packager's method to call.")
@click.option("--packaging-kwargs", "keywords", metavar="JSON", help="Options of the packager.")
def package(
    reply: Reply,
    source: Source,
    packager: str | None,
    method: str | None,
    package_method: str | None,
    keywords: str | None,
) -> None:
    """Package a workflow: its files, configuration, steps and lock, under one digest."""
    given = json_object(keywords, "--packaging-kwargs")
    with reply.foreign_output():
        used = engines.engine(source, packager, {"package": package_method})
        made = make_package(used, method, given)
    if reply.as_json:
        reply.data(to_json(made))
        return
    _show_package(reply, made)
    reply.say("next: lolpop deployment build")


def _show_package(reply: Reply, made: Package) -> None:
    """Say what went in, how large it is, and what it is made of."""
    manifest = made.manifest
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    for collapse in manifest.graph.collapses:
        place = f"{collapse.file}:{collapse.line}"
        click.echo(f"note: {place}: {collapse.step} is one step: {collapse.reason}", err=True)
    wheels = [each.name for each in manifest.lock if each.wheel]
    own = [file for file in manifest.files if not file.path.startswith("wheels/")]
    shown = own if reply.verbose else sorted(own, key=lambda file: -file.size)[:5]
    more = f", and {len(own) - len(shown)} more" if len(shown) < len(own) else ""
    files = ", ".join(f"{file.path} ({size_text(file.size)})" for file in shown)
    inside = f"; with their wheels: {', '.join(wheels)}" if wheels else ""
    steps = [step.name for step in manifest.graph.steps]
    size = size_text(made.size)
    reply.say(f"packaged {made.digest[:12]}: {words.counted(len(own), 'file')}, {size}")
    reply.say(f"  files  {files}{more}")
    reply.say(f"  lock   {words.counted(len(manifest.lock), 'distribution')}{inside}")
    reply.say(f"  steps  {len(steps)}: {', '.join(steps)}")


def size_text(size: int) -> str:
    """Write a size for people."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:.1f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"


@click.command(epilog="Example: lolpop deployment plan --to PrefectOrchestrator")
@command
@sourced
@click.option("--to", "--deployer", "deployer", metavar="X", help="Ask another orchestrator.")
@ENTRYPOINT
@_NAME
@_PACKAGE
@_TAKE_OVER
@_WAIT_FOR_RUNS
@_KEYWORDS
def plan(
    reply: Reply,
    source: Source,
    deployer: str | None,
    method: str | None,
    name: str | None,
    package: str | None,
    take_over: bool,
    wait_for_runs: bool,
    keywords: str | None,
) -> None:
    """Show what `build` would change, and why it would be refused; nothing is written.

    With --to the same is asked of another orchestrator: the rehearsal of a switch.
    """
    given = _flags(keywords, take_over, wait_for_runs)
    with reply.foreign_output():
        used = engines.engine(source, deployer)
        used.options("build", given)  # what is wrong with them is said before packaging
        wanted = wanted_package(used, method, package, stored=False)
        planned = make_plan(used, wanted, specification(used, wanted, name), given)
        needed = variables(used.document, wanted.manifest)
    if reply.as_json:
        said = {"orchestrator": used.name, "ok": planned.plan.ok, **to_json(planned.plan)}
        reply.data(
            {**said, "changes": to_json(planned.changes), "variables": to_json(tuple(needed))}
        )
        reply.code = planned.refusal.exit_code if planned.refusal else 0
        return
    _show_plan(reply, planned, needed)
    if planned.refusal:
        raise planned.refusal
    steps = words.counted(len(wanted.manifest.graph.steps), "step")
    reply.say(f"ok: {used.name} can run {planned.spec.name}: {steps}, {wanted.digest[:12]}")
    reply.say("next: lolpop deployment build" + (f" --deployer {deployer}" if deployer else ""))


def _show_plan(reply: Reply, planned: Planned, needed: Sequence[Variable]) -> None:
    for action in planned.plan.actions:
        detail = f": {action.detail}" if action.detail else ""
        reply.say(f"  {action.kind.value:<8}{action.target}{detail}")
    if not planned.plan.actions and planned.plan.ok:
        reply.say(f"  unchanged {planned.plan.deployment}")
    for change in planned.changes:
        reply.say(f"    {change.part}: {change.detail}")
    for variable in needed:
        unset = "" if variable.is_set else ", not set here"
        paths = ", ".join(variable.paths)
        reply.say(f"  needs   {variable.name} {variable.where}, for {paths}{unset}")
    for note in planned.plan.notes:
        click.echo(f"note: {note}", err=True)


@click.command(epilog="Example: lolpop deployment build -n penguins --deployer LocalOrchestrator")
@command
@sourced
@click.option("--deployer", metavar="X", help="An orchestrator instead of the configured one.")
@ENTRYPOINT
@_NAME
@click.option("-d", "--deploy-method", metavar="METHOD", help="The deployer's method to call.")
@_PACKAGE
@_TAKE_OVER
@_WAIT_FOR_RUNS
@_KEYWORDS
def build(
    reply: Reply,
    source: Source,
    deployer: str | None,
    method: str | None,
    name: str | None,
    deploy_method: str | None,
    package: str | None,
    take_over: bool,
    wait_for_runs: bool,
    keywords: str | None,
) -> None:
    """Package a workflow and make the orchestrator able to run it.

    Content that hasn't changed costs nothing. Where neither CLASS nor the configuration
    names a runner, the project's last package is deployed.
    """
    given = _flags(keywords, take_over, wait_for_runs)
    with reply.foreign_output():
        used = engines.engine(source, deployer, {"deploy": deploy_method})
        used.options("build", given)  # what is wrong with them is said before packaging
        built = build_deployment(used, wanted_package(used, method, package), name, given)
    if reply.as_json:
        said = {"deployment": to_json(built.deployment), "plan": to_json(built.plan)}
        reply.data({**said, "changes": to_json(built.changes)})
        return
    for note in built.plan.notes:
        click.echo(f"note: {note}", err=True)
    done = built.plan.actions[0].kind.value + "d" if built.plan.actions else "unchanged"
    made = built.deployment
    at = f", {made.url}" if made.url else ""
    reply.say(f"{done}: deployment {made.name}, package {built.package.digest[:12]}{at}")
    reply.say(f"next: lolpop deployment run {made.name}")


def _flags(keywords: str | None, take_over: bool, wait_for_runs: bool) -> dict[str, Any]:
    given = json_object(keywords, "--deployment-kwargs")
    flags = {"take_over": take_over, "wait_for_runs": wait_for_runs}
    return given | {key: True for key, said in flags.items() if said}


@click.command("list", epilog="Example: lolpop deployment list --all")
@command
@on_deployer
@click.option("--all", "everything", is_flag=True, help="Other projects' deployments too.")
@click.option(
    "--all-orchestrators", is_flag=True, help="What the storage notes of other orchestrators too."
)
def list_(
    reply: Reply,
    source: Source,
    deployer: str | None,
    everything: bool,
    all_orchestrators: bool,
) -> None:
    """List the deployments of this project."""
    with reply.foreign_output():
        used = engines.engine(source, deployer)
        all_of_them: list[Deployment] = used.lifecycle.call("deployments")
        others = elsewhere(used) if all_orchestrators else []
    found = [each for each in all_of_them if everything or each.project == used.project]
    if reply.as_json:
        noted = [{**to_json(use), "address": use.address, "source": "notes"} for use in others]
        asked = [to_json(each) for each in found]
        reply.data([*asked, *noted] if all_orchestrators else asked)
        return
    if not found and not others:
        count = len(all_of_them)
        more = f"; {count} of other projects: --all" if count else ""
        reply.say(f"no deployment of {used.project} on {used.name}{more}")
        return
    rows = [*map(_row, found), *map(_noted_row, others)]
    columns = ["name", "project", "package", "schedule", "state", "orchestrator"]
    shown = len(columns) if all_orchestrators else len(columns) - 1
    reply.table([row[:shown] for row in (columns, *rows)])


def _row(found: Deployment) -> list[str]:
    cron = found.schedule.cron if found.schedule else ""
    state = found.problem or (found.schedule_state.value if found.schedule_state else "")
    package = found.package_digest[:12]
    return [found.name, found.project, package, cron, state, found.orchestrator]


def _noted_row(use: Use) -> list[str]:
    schedule = use.spec.schedule if use.spec else None
    cron, project = schedule.cron if schedule else "", use.spec.project if use.spec else ""
    state = ("active" if use.fires else "suspended") if schedule else ""
    return [use.deployment, project, use.package[:12], cron, state, f"{use.place}, as noted"]


@click.command(epilog="Example: lolpop deployment remove penguins")
@command
@on_deployer
@named
@click.option("--take-over", is_flag=True, help="Remove another project's deployment.")
def remove(
    reply: Reply, source: Source, deployer: str | None, name: str | None, take_over: bool
) -> None:
    """Stop a deployment and take it out of the orchestrator.

    Its packages and records stay in the storage.
    """
    with reply.foreign_output():
        used = engines.engine(source, deployer)
        name = default_name(used, name)
        removed = remove_deployment(used, name, {"take_over": True} if take_over else {})
    if reply.as_json:
        reply.data(to_json(removed))
    reply.say(f"removed: {', '.join(removed.deleted) or name}")
