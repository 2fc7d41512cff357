"""`lolpop init`: start a project."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command
from lolpop.errors import UsageError

if TYPE_CHECKING:
    from importlib.abc import Traversable


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
    try:
        _write(templates, folder)
    except OSError as error:
        raise UsageError(f"can't write to {str(folder)!r}: {error.strerror}") from error
    written = sorted(str(folder / item.name) for item in templates)
    if reply.as_json:
        reply.data({"folder": str(folder), "files": written})
    go = "" if folder == Path() else f"cd {quote(str(folder))} && "
    reply.say(f"wrote {' and '.join(written)}\nnext: {go}lolpop run workflow")


def _write(templates: Sequence[Traversable], folder: Path) -> None:
    present = sorted(item.name for item in templates if os.path.lexists(folder / item.name))
    if present:
        message = f"{str(folder)!r} has {' and '.join(present)} already"
        raise UsageError(message, hint="name another folder: lolpop init DIR")
    folder.mkdir(parents=True, exist_ok=True)
    for item in templates:
        (folder / item.name).write_text(item.read_text("utf-8"), "utf-8")
