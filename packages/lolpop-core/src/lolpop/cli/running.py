"""`lolpop deployment`: start, watch and stop runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from lolpop.cli.deployment import on_deployer
from lolpop.cli.failures import Reply
from lolpop.cli.options import command, named
from lolpop.cli.progress import seconds, waited
from lolpop.cli.values import json_object
from lolpop.contract import LogLine, RunState, StepStatus, to_json
from lolpop.deploying import engine as engines
from lolpop.deploying import logs as logged
from lolpop.deploying import running, watching
from lolpop.deploying.elsewhere import warnings_elsewhere
from lolpop.errors import WorkflowError
from lolpop.history.reporting import report_link
from lolpop.inprocess import Source
from lolpop.pictures.transcript import line_of

_RUN = click.option(
    "--run", "run_id", metavar="ID", help="A run, by a beginning of its id; the newest by default."
)


def on_engine(hook: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command NAME and the engine; `hook` is the one that METHOD takes the place of."""

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @named
        @on_deployer
        @wraps(function)
        def wrapped(
            reply: Reply, source: Source, deployer: str | None, name: str | None, **keywords: Any
        ) -> Any:
            method = keywords.pop("method", None)
            with reply.foreign_output():
                used = engines.engine(source, deployer, {hook: method})
                name = running.default_name(used, name)
            return function(reply, used=used, name=name, **keywords)

        return wrapped

    return decorator


@click.command(epilog="Example: lolpop deployment run penguins --param seed=8 --wait")
@command
@on_engine("run")
@click.option("-r", "-d", "--run-method", "method", metavar="METHOD", help="The deployer's method.")
@click.option(
    "--param", "pairs", multiple=True, metavar="K=V", help="A parameter; once for each one."
)
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
    given = json_object(keywords, "--run-kwargs") | ({"take_over": True} if take_over else {})
    with reply.foreign_output():
        started = running.start(used, name, {}, given, pairs)
        notes = [*warnings_elsewhere(used, name)]
    run_id = started.ref.run_id
    for note in notes:
        click.echo(f"note: {note}", err=True)
    reply.say(f"started: run {run_id} of {name}" + (f", {started.url}" if started.url else ""))
    if not wait:
        if reply.as_json:
            reply.data(to_json(started))
        reply.say(f"next: lolpop deployment status {name} --run {run_id}")
        return
    found = waited(reply, used, watching.Seen(started, None))
    link = report_link(used.store, started.ref)
    if reply.as_json:
        reply.data({**to_json(found), "report": link})
    elif link:
        reply.say(f"report: {link}")
    state = found.run.state
    if state is not RunState.SUCCEEDED:
        failed = f"{found.failed_step}: " if found.failed_step else ""
        why = f": {failed}{found.error}" if found.error else ""
        raise WorkflowError(
            f"run {run_id} of {name} {state.value}{why}",
            hint=f"lolpop deployment logs {name} --run {run_id}",
        )
    reply.say(f"done: run {run_id} succeeded")


@click.command(epilog="Example: lolpop deployment status penguins")
@command
@on_engine()
@_RUN
def status(reply: Reply, used: engines.Engine, name: str, run_id: str | None) -> None:
    """Show where a run and its steps stand."""
    with reply.foreign_output():
        found = watching.status(used, watching.find_run(used, name, run_id))
    if reply.as_json:
        reply.data(to_json(found))
        return
    at = f", {found.run.url}" if found.run.url else ""
    reply.say(f"run {found.run.ref.run_id} of {name}: {found.run.state.value}{at}")
    if found.message:
        click.echo(f"note: {found.message}", err=True)
    if found.error and not any(step.attempts for step in found.steps):
        reply.say(f"  {found.error}")
    if found.steps:
        rows = [_row(step) for step in found.steps]
        reply.table([["step", "state", "attempts", "seconds", "error"], *rows])


def _row(step: StepStatus) -> list[str]:
    last = step.attempts[-1] if step.attempts else None
    error = (last.error or "") if last else ""
    return [step.name, step.state.value, str(len(step.attempts) or ""), seconds(step), error]


@click.command(epilog="Example: lolpop deployment logs penguins --step train.fit --follow")
@command
@on_engine()
@_RUN
@click.option("--step", metavar="S", help="One step; all by default.")
@click.option("--follow", is_flag=True, help="Wait for further lines until the run is over.")
@click.option("--escapes", is_flag=True, help="Keep colours, and all else that terminals obey.")
def logs(
    reply: Reply,
    used: engines.Engine,
    name: str,
    run_id: str | None,
    step: str | None,
    follow: bool,
    escapes: bool,
) -> None:
    """Show what the steps of a run printed."""
    with reply.foreign_output():
        seen = watching.find_run(used, name, run_id)
    if seen.note:
        click.echo(f"note: {seen.note}", err=True)
    lines = logged.logs(used, seen, step, follow)
    if reply.as_json and not follow:
        reply.data({"run": seen.run.ref.run_id, "lines": [to_json(line) for line in lines]})
        return
    for line in lines:
        safe = line if escapes or reply.as_json else replace(line, text=line_of(line.text))
        sys.stdout.write(_written(safe, step, reply.as_json) + "\n")
        sys.stdout.flush()


def _written(line: LogLine, step: str | None, as_json: bool) -> str:
    """Write a line: as JSON on one line, or with its step where several are shown."""
    if as_json:
        import json

        return json.dumps(to_json(line))
    return line.text if step or line.step is None else f"{line.step} | {line.text}"


@click.command(epilog="Example: lolpop deployment stop penguins")
@command
@on_engine("stop")
@click.option(
    "-s", "-d", "--stop-method", "method", metavar="METHOD", help="The deployer's method."
)
@click.option(
    "--run",
    "run_id",
    metavar="ID",
    help="One run, by a beginning of its id, or `latest`; all active ones by default.",
)
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
    """End active runs, and return when they and their processes are gone.

    All active runs are ended, and the schedule is suspended until the next `build`; with
    --run that run alone is, and the schedule goes on.
    """
    given = json_object(keywords, "--stop-kwargs") | ({"take_over": True} if take_over else {})
    with reply.foreign_output():
        stopped = running.stop(used, name, run_id, given)
    if reply.as_json:
        reply.data(to_json(stopped))
    ended = ", ".join(ref.run_id for ref in stopped.ended)
    reply.say(f"stopped: {ended}" if ended else f"nothing of {name} was running")
    if stopped.schedule_suspended:
        reply.say("its schedule is suspended; next: lolpop deployment build resumes it")
