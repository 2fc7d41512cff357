"""`lolpop run`: run a workflow in this process."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import ENTRYPOINT, command, sourced
from lolpop.cli.values import json_object, plain
from lolpop.errors import UsageError
from lolpop.inprocess import Source, run_workflow
from lolpop.workflow.arguments import Typed, split_pair

if TYPE_CHECKING:
    from lolpop.rehearsal.report import Row


@click.command(epilog="Example: lolpop run workflow PenguinRunner -c lolpop.yaml --param seed=8")
@command
@sourced
@ENTRYPOINT
@click.option(
    "--param", "pairs", multiple=True, metavar="K=V", help="An argument by name; once for each one."
)
@click.option(
    "--build-args",
    "arguments",
    multiple=True,
    metavar="VALUE",
    help="A positional argument for the method; once for each one.",
)
@click.option(
    "--build-kwargs",
    "keywords",
    metavar="JSON",
    help="Arguments by name, for example '{\"seed\": 8}'.",
)
@click.option(
    "--rehearse",
    is_flag=True,
    help="Run it as its steps too, as deployed, and say whether they give the same.",
)
def workflow(
    reply: Reply,
    source: Source,
    method: str | None,
    pairs: tuple[str, ...],
    arguments: tuple[str, ...],
    keywords: str | None,
    rehearse: bool,
) -> None:
    """Run a workflow in this process.

    CLASS is the runner's class; without it the configuration names the runner.
    """
    named = json_object(keywords, "--build-kwargs")
    named |= {key: Typed(text) for key, text in map(split_pair, pairs)}
    _log(reply.verbose)
    if rehearse:
        _rehearse(reply, source, method, arguments, named)
        return
    with reply.foreign_output():
        outcome = run_workflow(source, method, arguments, named)
    if reply.as_json:
        reply.data(
            {
                "status": "succeeded",
                "workflow": outcome.label,
                "seconds": round(outcome.seconds, 3),
                "result": plain(outcome.result),
            }
        )
    reply.say(f"done: {outcome.label} in {outcome.seconds:.2f} s")


def _rehearse(
    reply: Reply,
    source: Source,
    method: str | None,
    arguments: tuple[str, ...],
    keywords: dict[str, Any],
) -> None:
    from lolpop.pictures.words import counted
    from lolpop.rehearsal.rehearsing import rehearse

    if arguments:
        message = "a rehearsal takes arguments by name, as a deployment does"
        raise UsageError(message, hint="use --param instead of --build-args")
    with reply.foreign_output():
        found = rehearse(source, method, keywords)
    reply.table([("step", "state", "note"), *map(_cells, found.rows)])
    reply.say(
        f"{found.share}"
        + (": `lolpop graph` says why" if found.share.steps < found.share.calls else "")
    )
    if error := found.error:
        sys.stderr.write(found.log)
        raise error
    if reply.as_json:
        reply.data(found.facts())
    gives = "gives" if found.steps == 1 else "give"
    reply.say(f"equal: {counted(found.steps, 'step')} {gives} what the plain run gives")


def _cells(row: Row) -> tuple[str, str, str]:
    return row.name, row.state.value, row.note


def _log(verbose: bool) -> None:
    """Show what the workflow logs, on standard error."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
    )
