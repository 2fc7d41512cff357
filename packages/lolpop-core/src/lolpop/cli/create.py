"""`lolpop create`: what people start from when they write a class or a plugin of their own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from shlex import quote

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command
from lolpop.pictures import words
from lolpop.scaffolding import distribution, integrations

_name = click.argument("name")
_folder = click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))


@click.command(epilog="Example: lolpop create orchestrator my-engine && cd lolpop-my-engine && nox")
@command
@_name
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def orchestrator(reply: Reply, name: str, folder: Path | None) -> None:
    """Write the distribution of an orchestrator that works as it stands.

    DIR is lolpop-NAME if it isn't given; no file in it is ever overwritten. The orchestrator keeps
    what it deploys in the storage and runs one step after the other on this host; its comments say
    where your engine comes in. It has tests, checks, and a workflow that publishes it.
    """
    made = distribution.create(name, folder)
    if reply.as_json:
        reply.data(asdict(made))
    reply.say(
        f"wrote {made.orchestrator} to {made.folder}: {words.counted(len(made.files), 'file')}"
    )
    go = f"cd {quote(str(made.folder))} && pip install -e ."
    reply.say(f"next: {go} && lolpop plugins doctor {made.orchestrator}")


@click.command(epilog="Example: lolpop create component data-loader")
@command
@_name
@_folder
def component(reply: Reply, name: str, folder: Path) -> None:
    """Write a component and its test into the project in DIR.

    No file is ever overwritten, and lolpop.yaml stays as it is: the lines to add are printed.
    """
    _say(reply, integrations.create("component", name, folder))


@click.command(epilog="Example: lolpop create pipeline clean-data")
@command
@_name
@_folder
def pipeline(reply: Reply, name: str, folder: Path) -> None:
    """Write a pipeline and its test into the project in DIR.

    No file is ever overwritten, and lolpop.yaml stays as it is: the lines to add are printed.
    """
    _say(reply, integrations.create("pipeline", name, folder))


@click.command(epilog="Example: lolpop create runner nightly-report")
@command
@_name
@_folder
def runner(reply: Reply, name: str, folder: Path) -> None:
    """Write a runner and its test into the project in DIR.

    No file is ever overwritten, and lolpop.yaml stays as it is: the lines to add are printed.
    """
    _say(reply, integrations.create("runner", name, folder))


def _say(reply: Reply, made: integrations.Created) -> None:
    if reply.as_json:
        reply.data(asdict(made))
    reply.say(f"wrote {' and '.join(made.files)}")
    reply.say("to lolpop.yaml add, or merge with what is there:")
    reply.say("".join(f"  {line}\n" for line in made.yaml.splitlines()).rstrip("\n"))
    reply.say(f"next: {made.test}")
