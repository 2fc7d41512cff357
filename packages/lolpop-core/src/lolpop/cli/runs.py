"""`lolpop runs`: look back at runs, by their records alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from lolpop.cli.failures import Reply
from lolpop.cli.looking import stored
from lolpop.cli.options import command
from lolpop.contract import AttemptStatus, RunStatus, StepStatus, to_json
from lolpop.deploying.choosing import LATEST
from lolpop.deploying.standing import History
from lolpop.errors import listing
from lolpop.history.finding import find
from lolpop.history.hiding import shown_parameters
from lolpop.inprocess import Source
from lolpop.pictures import words
from lolpop.storage import Store
from lolpop.storage.attempts import now
from lolpop.storage.records import RunRecord


@click.command("list", epilog="Example: lolpop runs list --deployment penguins --limit 5")
@command
@stored
@click.option("--deployment", metavar="NAME", help="Runs of this deployment alone.")
@click.option("--orchestrator", metavar="X", help="Runs on this orchestrator alone.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="How many to list at most.",
)
def list_(
    reply: Reply,
    source: Source,
    store: Store,
    deployment: str | None,
    orchestrator: str | None,
    limit: int,
) -> None:
    """List the runs that have records, newest first.

    No orchestrator is asked: runs of one that is away, or no longer named, are listed too.
    """
    history = History(store)
    records = history.runs.all(orchestrator, deployment)[::-1]
    found = [history.summary(record) for record in records[:limit]]
    damaged = dict(history.runs.damaged)
    if reply.as_json:
        runs = [to_json(each) for each in found]
        reply.data({"runs": runs, "all": len(records), "damaged": damaged})
        return
    if found:
        head = ["run", "deployment", "orchestrator", "state", "began", "took"]
        reply.table([head, *map(_row, found)])
    else:
        reply.say("no runs")
    if len(records) > limit:
        older = words.counted(len(records) - limit, "older run")
        reply.say(f"{older}; next: --limit {len(records)}")
    _warn(damaged)


def _warn(damaged: Mapping[str, str]) -> None:
    """Name the records that couldn't be read; what they would say is missing from the answer."""
    if damaged:
        click.echo(f"warning: these records can't be read: {listing(damaged)}", err=True)


def _row(status: RunStatus) -> list[str]:
    run = status.run
    began = words.moment(run.created_at) if run.created_at else ""
    took = _length(run.created_at, run.ended_at) if run.ended_at or not status.message else ""
    return [run.ref.run_id, run.ref.deployment, run.ref.orchestrator, run.state.value, began, took]


def _length(begin: datetime | None, end: datetime | None) -> str:
    if begin is None:
        return ""
    length = max(((end or now()) - begin).total_seconds(), 0.0)
    return words.duration(length) + ("" if end else " so far")


@click.command(epilog="Example: lolpop runs show latest")
@command
@stored
@click.argument("run", default=LATEST)
def show(reply: Reply, source: Source, store: Store, run: str) -> None:
    """Show a run and its steps.

    RUN is a run's id, the beginning of it, or `latest`, the default. No orchestrator is asked.
    """
    history = History(store)
    record = find(history, run)
    status = history.status(record)
    outputs = {step.name: record.output(step.name) for step in status.steps}
    if reply.as_json:
        reply.data(
            {
                **to_json(status),
                "package_digest": record.package_digest,
                "parameters": to_json(shown_parameters(history, record)),
                "outputs": {name: to_json(each) for name, each in outputs.items() if each},
                "damaged": dict(record.damaged),
            }
        )
        return
    _warn(record.damaged)
    _say_head(reply, record, status)
    for name, value in shown_parameters(history, record).items():
        reply.say(f"  parameter {name} = {json.dumps(value, ensure_ascii=False)}")
    digests = {name: each.digest[:12] for name, each in outputs.items() if each}
    rows = [row for step in status.steps for row in _rows(step, digests.get(step.name, ""))]
    if rows:
        reply.table([["step", "state", "attempt", "took", "output", "error"], *rows])
    reply.say(f"next: lolpop runs report {record.ref.run_id}")


def _say_head(reply: Reply, record: RunRecord, status: RunStatus) -> None:
    run, ref = status.run, record.ref
    reply.say(f"run {ref.run_id} of {ref.deployment} on {ref.orchestrator}: {run.state.value}")
    if status.message:
        reply.say(f"  {status.message}")
    if status.error:
        failed = f"{status.failed_step}: " if status.failed_step else ""
        reply.say(f"  {failed}{status.error}")
    took = "" if status.message else f", took {_length(run.created_at, run.ended_at)}"
    reply.say(f"  began {words.moment(record.created_at)}{took}")
    reply.say(f"  package {record.package_digest[:12]}")
    if run.parent_run_id:
        reply.say(f"  repeats the failed steps of {run.parent_run_id}")


def _rows(step: StepStatus, digest: str) -> list[list[str]]:
    if not step.attempts:
        return [[step.name, step.state.value, "", "", digest, ""]]
    last = step.attempts[-1]
    return [_attempt(step, each, digest if each is last else "") for each in step.attempts]


def _attempt(step: StepStatus, attempt: AttemptStatus, digest: str) -> list[str]:
    took = _length(attempt.started_at, attempt.ended_at)
    number = str(attempt.attempt + 1)
    return [step.name, attempt.state.value, number, took, digest, attempt.error or ""]


@click.command(epilog="Example: lolpop runs report latest --open")
@command
@stored
@click.argument("run", default=LATEST)
@click.option(
    "-o",
    "--out",
    "place",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file.  [default: in the storage, or here if that is no folder]",
)
@click.option("--open", "shall_open", is_flag=True, help="Open it in the browser.")
def report(
    reply: Reply, source: Source, store: Store, run: str, place: Path | None, shall_open: bool
) -> None:
    """Write a run as one HTML page: graph, time line, parameters, logs, errors, outputs.

    RUN is a run's id, the beginning of it, or `latest`. The page is one file that needs no
    network. No orchestrator is asked.
    """
    from lolpop.history.reporting import place_of, report_of
    from lolpop.pictures.report import page
    from lolpop.pictures.saving import save

    history = History(store)
    record = find(history, run)
    place = place or place_of(history, record)
    link = save(page(report_of(history, record)), place, store)
    _warn(record.damaged)
    if reply.as_json:
        reply.data({"run": to_json(record.ref), "file": str(place), "link": link})
    reply.say(f"written: {link}")
    if shall_open:
        import webbrowser

        webbrowser.open(link)


@click.command(epilog="Example: lolpop runs get latest train.evaluate -o metrics.json")
@command
@stored
@click.argument("run")
@click.argument("step")
@click.option(
    "-o",
    "--out",
    "place",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file, or folder, to write to.",
)
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    metavar="N",
    help="One attempt, from 1.  [default: the newest that succeeded]",
)
@click.option(
    "--element",
    "keys",
    multiple=True,
    metavar="KEY",
    help="An element of the output, by its number or key; once for each level.",
)
def get(
    reply: Reply,
    source: Source,
    store: Store,
    run: str,
    step: str,
    place: Path | None,
    attempt: int | None,
    keys: tuple[str, ...],
) -> None:
    """Print the output of a step of a run, or save it to a file.

    RUN is a run's id, the beginning of it, or `latest`. Values of JSON's types are printed as
    JSON, text and bytes as they are, tables in short. A table is written as .csv, .parquet or
    .json, files are copied, and anything else is pickled.

    Loading an output runs code that it was pickled with: get outputs only from a storage that
    you trust.
    """
    from lolpop.history.forms import take
    from lolpop.history.outputs import element_of, find_output, loaded

    history = History(store)
    record = find(history, run)
    output = find_output(history, record, step, attempt)
    target, here = place.absolute() if place else None, Path.cwd()
    with reply.foreign_output(), loaded(history, record, output, element_of(keys)) as found:
        taken = take(found, target, here)
    if reply.as_json:
        facts = {"run": record.ref, "step": step, "output": output, "file": taken.file}
        reply.data({**to_json(facts), "value": taken.value, "note": taken.note})
    elif taken.file:
        reply.say(f"written: {taken.file}")
    else:
        click.echo(taken.text, nl=isinstance(taken.text, str))
    if taken.note:
        click.echo(f"note: {taken.note}", err=True)
