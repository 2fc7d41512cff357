"""`lolpop config`: check, show and describe the configuration."""

from __future__ import annotations

from typing import Any

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command, configured, sourced
from lolpop.inprocess import Source, prepared
from lolpop.workflow.blueprint import Blueprint, Part


@click.command(epilog="Example: lolpop config check -c lolpop.yaml -c production.yaml")
@command
@sourced
def check(reply: Reply, source: Source) -> None:
    """Check a configuration and the classes it names; nothing is built or run."""
    with reply.foreign_output(), prepared(source) as blueprint:
        summary = _summary(blueprint)
    if reply.as_json:
        reply.data({"status": "ok", **summary})
        return
    files = ", ".join(source.files) or "lolpop.yaml"
    reply.say(f"{files}: no problems")
    rows = [
        (key, ", ".join(f"{name}: {cls}" for name, cls in summary[key].items()))
        for key in ("pipelines", "components", "decorators")
    ]
    method = summary["entrypoint"] or "named with -e"
    rows = [("runner", summary["runner"]), ("entrypoint", method), *rows]
    reply.table([row for row in rows if row[1]])


def _summary(blueprint: Blueprint) -> dict[str, Any]:
    from lolpop.errors import UsageError
    from lolpop.workflow.entrypoint import choose

    cls = blueprint.runner.cls
    assert cls is not None
    try:
        method: str | None = choose(cls, blueprint.settings.entrypoint)
    except UsageError:
        method = None
    parts = list(blueprint.runner.descendants)
    return {
        "runner": cls.__name__,
        "entrypoint": method,
        "pipelines": _classes([part for part in parts if part.section.kind == "pipeline"]),
        "components": _classes([part for part in parts if part.section.kind == "component"]),
        "decorators": _classes(list(blueprint.decorators)),
    }


def _classes(parts: list[Part]) -> dict[str, str]:
    return {part.section.path: part.cls.__name__ if part.cls else "" for part in parts}


@click.command(epilog="Example: lolpop config show --set order=data")
@command
@configured
def show(reply: Reply, source: Source) -> None:
    """Show the configuration that results from all files, links resolved.

    Environment variables are shown by their names.
    """
    from lolpop.config.nodes import leaves
    from lolpop.config.writer import values_of, write
    from lolpop.errors import ConfigError

    document = source.document()
    if document.problems:
        raise ConfigError(document.problems)
    if reply.as_json:
        places = {path: str(node.place) for path, node in leaves(document.root)}
        reply.data({"config": values_of(document.root), "places": places})
    else:
        click.echo(write(document.root), nl=False)


@click.command(epilog="Example: lolpop config schema > lolpop.schema.json")
@command
def schema(reply: Reply) -> None:
    """Print a JSON schema for the core and every installed orchestrator.

    An editor completes and checks lolpop.yaml with it. For the YAML language server the
    file's first line is:

    # yaml-language-server: $schema=lolpop.schema.json
    """
    from lolpop.describe import describe

    reply.as_json = True
    with reply.foreign_output():
        document, broken = describe()
    for error in broken:
        click.echo(f"warning: left out: {error.message}", err=True)
    reply.data(document)
