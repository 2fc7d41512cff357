"""`lolpop run`: run a workflow in this process."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command, sourced
from lolpop.cli.values import plain
from lolpop.errors import UsageError
from lolpop.inprocess import Source, run_workflow


@click.command(epilog="Example: lolpop run workflow PenguinRunner -c lolpop.yaml -e build_all")
@command
@sourced
@click.option(
    "-e",
    "-b",
    "--build-method",
    "method",
    metavar="METHOD",
    help="The runner's method to call.  [default: entrypoint, run, or the only public one]",
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
    help="Keyword arguments for the method, for example '{\"seed\": 8}'.",
)
def workflow(
    reply: Reply,
    source: Source,
    method: str | None,
    arguments: tuple[str, ...],
    keywords: str | None,
) -> None:
    """Run a workflow in this process.

    CLASS is the runner's class; without it the configuration names the runner.
    """
    named = json_object(keywords, "--build-kwargs")
    _log(reply.verbose)
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


def json_object(text: str | None, option: str) -> dict[str, Any]:
    """Read an option that holds a JSON object.

    Raises:
        UsageError: It doesn't.
    """
    if text is None:
        return {}
    hint = f"for example {option} '{{\"seed\": 7}}'"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{option} isn't JSON: {error}", hint=hint) from None
    if not isinstance(value, dict):
        raise UsageError(f"{option} must be a JSON object, got {text!r}", hint=hint)
    return value


def _log(verbose: bool) -> None:
    """Show what the workflow logs, on standard error."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
    )
