"""`lolpop graph`: show the steps of a workflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import ENTRYPOINT, command, sourced
from lolpop.inprocess import Source
from lolpop.outline import Outline, outline


@click.command(epilog="Example: lolpop graph PenguinRunner --format html")
@command
@sourced
@ENTRYPOINT
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "mermaid", "json", "html"]),
    help="How to show it.  [default: tree]",
)
@click.option(
    "-o",
    "--out",
    "place",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to a file.  [default for html: one in the storage]",
)
def graph(
    reply: Reply, source: Source, method: str | None, form: str | None, place: Path | None
) -> None:
    """Show the steps of a workflow, and what could not be split, with the reason.

    Nothing is run or packaged. CLASS is the runner's class; without it the configuration
    names the runner.
    """
    form = form or ("json" if reply.as_json else "tree")
    with reply.foreign_output():
        found = outline(source, method)
    if form == "html" or place is not None:
        _write(reply, found, form, place or found.place)
    elif form == "json" or reply.as_json:
        reply.data(found.facts())
    else:
        click.echo(_FORMS[form](found, False), nl=False)


def _write(reply: Reply, found: Outline, form: str, place: Path) -> None:
    from lolpop.pictures.saving import save

    link = save(_FORMS[form](found, True), place, found.store)
    if reply.as_json:
        reply.data({"file": str(place), "link": link, "calls": found.facts()["calls"]})
    reply.say(f"written: {link}")
    reply.say(f"{found.share}")


def _tree(found: Outline, plain: bool) -> str:
    from lolpop.pictures.terminal import rendered
    from lolpop.pictures.tree import tree

    return f"{rendered(tree(found.graph, found.settings), plain=plain)}{found.share}\n"


def _mermaid(found: Outline, plain: bool) -> str:
    from lolpop.pictures.mermaid import mermaid

    return mermaid(found.graph, found.settings)


def _json(found: Outline, plain: bool) -> str:
    import json

    return json.dumps(found.facts(), indent=2) + "\n"


def _html(found: Outline, plain: bool) -> str:
    from lolpop.pictures.graph import page

    return page(found.graph, found.settings, found.title, f"{found.share}")


_FORMS: dict[str, Callable[[Outline, bool], str]] = {
    "tree": _tree,
    "mermaid": _mermaid,
    "json": _json,
    "html": _html,
}
