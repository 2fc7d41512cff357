"""`lolpop deployment`: package, build, run, watch, stop and remove deployments."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command, sourced
from lolpop.cli.run import json_object
from lolpop.contract import Run, RunStatus, to_json
from lolpop.deploying import engine as engines
from lolpop.deploying import verbs
from lolpop.errors import WorkflowError
from lolpop.inprocess import Source

_POLL = 0.2


def on_engine(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command NAME, `-c`, `--set` and `--deployer`; it gets the engine and the name."""

    @click.argument("name", required=False)
    @click.option("-c", "--config", "files", multiple=True, metavar="FILE", help="As for `build`.")
    @click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="As for `build`.")
    @click.option("--deployer", metavar="X", help="An orchestrator instead of the configured one.")
    @wraps(function)
    def wrapped(
        reply: Reply,
        name: str | None,
        files: tuple[str, ...],
        overrides: tuple[str, ...],
        deployer: str | None,
        **keywords: Any,
    ) -> Any:
        with reply.foreign_output():
            used = engines.engine(Source(files, overrides), deployer)
            named = verbs.default_name(used, name)
        return function(reply, used=used, name=named, **keywords)

    return wrapped


@click.command(epilog="Example: lolpop deployment package PenguinRunner -c lolpop.yaml")
@command
@sourced
@click.option("--packager", metavar="X", help="An orchestrator instead of the configured one.")
@click.option("-e", "--entrypoint", "method", metavar="METHOD", help="The runner's method.")
@click.option("--packaging-kwargs", "keywords", metavar="JSON", help="Options of the packager.")
def package(
    reply: Reply, source: Source, packager: str | None, method: str | None, keywords: str | None
) -> None:
    """Package a workflow: its files, configuration, steps and lock, under one digest."""
    given = json_object(keywords, "--packaging-kwargs")
    with reply.foreign_output():
        made = verbs.make_package(source, method, given, packager)
    manifest = made.manifest
    if reply.as_json:
        reply.data(to_json(made))
        return
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    for collapse in manifest.graph.collapses:
        click.echo(
            f"note: {collapse.file}:{collapse.line}: {collapse.step} is one step: {collapse.reason}"
        )
    reply.say(
        f"packaged {made.digest[:12]}: {len(manifest.files)} files, {made.size} bytes,"
        f" {len(manifest.graph.steps)} steps: "
        + ", ".join(step.name for step in manifest.graph.steps)
    )
    reply.say("next: lolpop deployment build")


@click.command(epilog="Example: lolpop deployment build -n penguins --deployer LocalOrchestrator")
@command
@sourced
@click.option("--deployer", metavar="X", help="An orchestrator instead of the configured one.")
@click.option("-e", "--entrypoint", "method", metavar="METHOD", help="The runner's method.")
@click.option("-n", "--name", metavar="NAME", help="The deployment's name.")
@click.option("--take-over", is_flag=True, help="Replace another project's deployment.")
@click.option("--deployment-kwargs", "keywords", metavar="JSON", help="Options of the deployer.")
def build(
    reply: Reply,
    source: Source,
    deployer: str | None,
    method: str | None,
    name: str | None,
    take_over: bool,
    keywords: str | None,
) -> None:
    """Package a workflow and make the orchestrator able to run it.

    Content that hasn't changed costs nothing.
    """
    given = json_object(keywords, "--deployment-kwargs")
    given.update({"take_over": True} if take_over else {})
    with reply.foreign_output():
        built = verbs.build(source, method, name, given, deployer)
    if reply.as_json:
        reply.data({"deployment": to_json(built.deployment), "plan": to_json(built.plan)})
        return
    for note in built.plan.notes:
        click.echo(f"note: {note}")
    done = built.plan.actions[0].kind.value + "d" if built.plan.actions else "unchanged"
    named = built.deployment.name
    reply.say(f"{done}: deployment {named}, package {built.package.digest[:12]}")
    reply.say(f"next: lolpop deployment run {named}")


@click.command(epilog="Example: lolpop deployment run penguins --param seed=8 --wait")
@command
@on_engine
@click.option("--param", "pairs", multiple=True, metavar="K=V", help="A parameter of the run.")
@click.option("--wait", is_flag=True, help="Wait for the run's end, and show its steps.")
@click.option("--take-over", is_flag=True, help="Run another project's deployment.")
@click.option("--run-kwargs", "keywords", metavar="JSON", help="Options of the orchestrator.")
def run(
    reply: Reply,
    used: engines.Engine,
    name: str,
    pairs: tuple[str, ...],
    wait: bool,
    take_over: bool,
    keywords: str | None,
) -> None:
    """Start a run of a deployment."""
    given = json_object(keywords, "--run-kwargs")
    given.update({"take_over": True} if take_over else {})
    started = verbs.start(used, name, verbs.parameters(used, name, pairs), given)
    run_id = started.ref.run_id
    reply.say(f"started: run {run_id} of {name}" + (f", {started.url}" if started.url else ""))
    if not wait:
        if reply.as_json:
            reply.data(to_json(started))
        reply.say(f"next: lolpop deployment status {name} --run {run_id}")
        return
    found = _waited(reply, used, started)
    if reply.as_json:
        reply.data(to_json(found))
    state = found.run.state.value
    if state != "succeeded":
        raise WorkflowError(
            f"run {run_id} of {name} {state}" + (f": {found.error}" if found.error else ""),
            hint=f"lolpop deployment logs {name} --run {run_id}",
        )
    reply.say(f"done: run {run_id} succeeded")


def _waited(reply: Reply, used: engines.Engine, started: Run) -> RunStatus:
    """Wait for a run's end; say a line for each step that ends."""
    said: set[str] = set()
    while True:
        found = verbs.status(used, started)
        for step in found.steps:
            if step.state.is_over and step.name not in said:
                said.add(step.name)
                last = step.attempts[-1]
                ended = last.ended_at or last.started_at
                seconds = (ended - last.started_at).total_seconds()
                reply.say(f"  {step.state.value:<10}{step.name}  {seconds:.2f} s")
        if found.run.state.is_over:
            return found
        time.sleep(_POLL)


@click.command(epilog="Example: lolpop deployment status penguins")
@command
@on_engine
@click.option("--run", "run_id", metavar="ID", help="A run; the newest by default.")
def status(reply: Reply, used: engines.Engine, name: str, run_id: str | None) -> None:
    """Show where a run and its steps stand."""
    found = verbs.status(used, verbs.newest(used, name, run_id))
    if reply.as_json:
        reply.data(to_json(found))
        return
    reply.say(f"run {found.run.ref.run_id} of {name}: {found.run.state.value}")
    rows = [
        [step.name, step.state.value, str(len(step.attempts)), step.attempts[-1].error or ""]
        for step in found.steps
    ]
    reply.table([["step", "state", "attempts", "error"], *rows])


@click.command(epilog="Example: lolpop deployment logs penguins --step train.fit")
@command
@on_engine
@click.option("--run", "run_id", metavar="ID", help="A run; the newest by default.")
@click.option("--step", metavar="S", help="One step; all by default.")
def logs(
    reply: Reply, used: engines.Engine, name: str, run_id: str | None, step: str | None
) -> None:
    """Show what the steps of a run printed."""
    found = verbs.newest(used, name, run_id)
    texts = [text.decode("utf-8", "replace") for text in verbs.logs(used, found, step)]
    if reply.as_json:
        reply.data({"run": found.ref.run_id, "log": "".join(texts)})
    sys.stdout.write("" if reply.as_json else "".join(texts))


@click.command(epilog="Example: lolpop deployment stop penguins")
@command
@on_engine
@click.option("--run", "run_id", metavar="ID", help="One run; all active ones by default.")
@click.option("--take-over", is_flag=True, help="Stop another project's deployment.")
@click.option("--stop-kwargs", "keywords", metavar="JSON", help="Options of the orchestrator.")
def stop(
    reply: Reply,
    used: engines.Engine,
    name: str,
    run_id: str | None,
    take_over: bool,
    keywords: str | None,
) -> None:
    """End runs, and return when they and their processes are gone."""
    given = json_object(keywords, "--stop-kwargs")
    given.update({"take_over": True} if take_over else {})
    stopped = verbs.stop(used, name, run_id, given)
    if reply.as_json:
        reply.data(to_json(stopped))
    ended = ", ".join(ref.run_id for ref in stopped.ended)
    reply.say(f"stopped: {ended}" if ended else f"nothing of {name} was running")


@click.command("list", epilog="Example: lolpop deployment list --all")
@command
@click.option("-c", "--config", "files", multiple=True, metavar="FILE", help="As for `build`.")
@click.option("--deployer", metavar="X", help="An orchestrator instead of the configured one.")
@click.option("--all", "everything", is_flag=True, help="Other projects' deployments too.")
def list_(reply: Reply, files: tuple[str, ...], deployer: str | None, everything: bool) -> None:
    """List the deployments of this project."""
    used = engines.engine(Source(files), deployer)
    found = [
        deployment
        for deployment in used.lifecycle.call("deployments")
        if everything or deployment.project == used.project
    ]
    if reply.as_json:
        reply.data(to_json(tuple(found)))
        return
    rows = [[each.name, each.project, each.package_digest[:12]] for each in found]
    reply.table([["name", "project", "package"], *rows])


@click.command(epilog="Example: lolpop deployment remove penguins")
@command
@on_engine
@click.option("--take-over", is_flag=True, help="Remove another project's deployment.")
def remove(reply: Reply, used: engines.Engine, name: str, take_over: bool) -> None:
    """Stop a deployment and take it out of the orchestrator.

    Its packages and records stay in the storage.
    """
    removed = verbs.remove(used, name, {"take_over": True} if take_over else {})
    if reply.as_json:
        reply.data(to_json(removed))
    reply.say(f"removed: {', '.join(removed.deleted)}")
