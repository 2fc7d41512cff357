"""`lolpop init`: start a project."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from shlex import quote

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command
from lolpop.scaffolding.writing import write


@click.command(epilog="Example: lolpop init demo && cd demo && lolpop run workflow")
@command
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(reply: Reply, folder: Path) -> None:
    """Start a project in DIR that runs as it stands.

    DIR is made if it isn't there; no file in it is ever overwritten.
    """
    templates = [
        item
        for item in (files("lolpop.cli") / "templates" / "init").iterdir()
        if item.name.endswith((".py", ".yaml"))
    ]
    texts = {item.name: item.read_text("utf-8") for item in templates}
    written = write(folder, texts, hint="name another folder: lolpop init DIR")
    if reply.as_json:
        reply.data({"folder": str(folder), "files": written})
    go = "" if folder == Path() else f"cd {quote(str(folder))} && "
    reply.say(f"wrote {' and '.join(written)}\nnext: {go}lolpop run workflow")
