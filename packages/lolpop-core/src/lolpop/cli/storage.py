"""`lolpop storage`: look after the storage."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from lolpop.cli.failures import Reply
from lolpop.cli.looking import stored
from lolpop.cli.options import command
from lolpop.contract import to_json
from lolpop.errors import UsageError, listing
from lolpop.history.checking import Checked, content_of
from lolpop.history.checking import check as verified
from lolpop.history.finding import full_name
from lolpop.history.pruning import Tidied, tidy
from lolpop.inprocess import Source
from lolpop.pictures import words
from lolpop.storage import Store


@click.command(epilog="Example: lolpop storage prune --older-than 90d --dry-run")
@command
@stored
@click.option(
    "--older-than",
    "age",
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="How old something must be, for example 12h or 30d.",
)
@click.option("--dry-run", is_flag=True, help="Delete nothing; say what would be deleted.")
def prune(reply: Reply, source: Source, store: Store, age: str, dry_run: bool) -> None:
    """Delete what is old, over, and referred to by nothing.

    These are runs that ended, artifacts and packages that no other run refers to, and what
    is left of files that were being written a day ago. A package that a deployment needs stays:
    every orchestrator that has used the storage is asked, and if one can't be asked, no
    package is deleted. Nor is one of a deployment on a server that isn't configured here.
    """
    older_than = _duration(age)
    with reply.foreign_output():
        tidied = tidy(source, store, older_than, dry_run)
    if reply.as_json:
        told = {"dry_run": dry_run, "packages_kept": tidied.kept}
        reply.data({**told, "elsewhere": to_json(tidied.elsewhere), **to_json(tidied.pruned)})
        return
    _say(reply, tidied, dry_run)


def _say(reply: Reply, tidied: Tidied, dry_run: bool) -> None:
    pruned = tidied.pruned
    kinds = {
        "run": len(pruned.runs),
        "artifact": len(pruned.artifacts),
        "package": len(pruned.packages),
        "leftover": len(pruned.leftovers),
    }
    for ref in pruned.runs:
        reply.say(f"  run {full_name(ref)}")
    for digest in pruned.packages:
        reply.say(f"  package {digest[:12]}")
    found = ", ".join(words.counted(count, kind) for kind, count in kinds.items() if count)
    done = "would be deleted" if dry_run else "deleted"
    reply.say(f"{done}: {found}, {words.size(pruned.size)}" if found else f"nothing {done}")
    for use in tidied.elsewhere:
        text = f"package {use.package[:12]} is kept for deployment {use}, until it is removed there"
        click.echo(f"note: {text}", err=True)
    if pruned.damaged:
        kept = (
            f"no artifact and no package is deleted: these can't be read: {listing(pruned.damaged)}"
        )
        click.echo(f"warning: {kept}", err=True)
        click.echo("hint: restore them from a copy, or delete them", err=True)
    if tidied.kept:
        click.echo(f"warning: {tidied.kept}", err=True)


def _duration(text: str) -> timedelta:
    from lolpop.contract.durations import seconds

    try:
        return timedelta(seconds=float(seconds(text)))
    except (ValueError, OverflowError):
        raise UsageError(
            f"--older-than: {text!r} isn't a duration", hint="for example 90, 10s, 12h or 30d"
        ) from None


@click.command(epilog="Example: lolpop storage check")
@command
@stored
def check(reply: Reply, source: Source, store: Store) -> None:
    """Verify all packages, outputs and records, and name what is damaged.

    All content is read and compared with its digest, which takes as long as reading it. Nothing
    is changed. The exit code is 1 if something is damaged.
    """
    checked = _checked(reply, store)
    reply.code = 1 if checked.damaged else 0
    counts = {
        "packages": checked.packages,
        "outputs": checked.artifacts,
        "records": checked.records,
    }
    if reply.as_json:
        damaged = [{"key": key, "problem": why} for key, why in sorted(checked.damaged.items())]
        reply.data({**counts, "size": checked.size, "damaged": damaged})
        return
    for key, why in sorted(checked.damaged.items()):
        reply.say(f"  damaged {key}: {why}")
    looked = ", ".join(words.counted(count, name[:-1]) for name, count in counts.items())
    if checked.damaged:
        found = f"{len(checked.damaged)} damaged in the storage {store.shown!r}, of {looked}"
        click.echo(f"error: {found}", err=True)
        hint = "restore them from a copy; or delete them, and run or build again what needs them"
        click.echo(f"hint: {hint}", err=True)
    else:
        reply.say(f"ok: {looked}, {words.size(checked.size)}")


def _checked(reply: Reply, store: Store) -> Checked:
    """Check a storage; in a terminal with a bar that shows how much of it was read."""
    if reply.as_json or not sys.stderr.isatty():
        return verified(store)
    size = sum(content_of(store).values())
    with click.progressbar(length=size, label="reading", file=sys.stderr) as bar:
        return verified(store, bar.update)
