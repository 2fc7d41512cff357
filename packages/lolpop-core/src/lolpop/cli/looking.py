"""What the commands have in common that look into a storage."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from lolpop.cli.failures import Reply
from lolpop.inprocess import Source


def stored(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-c` and `--set`; it gets the `Source`, and the storage that it names."""

    @click.option(
        "-c",
        "--config",
        "files",
        multiple=True,
        metavar="FILE",
        help="A configuration file; further ones are laid over it.  [default: lolpop.yaml]",
    )
    @click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="PATH=VALUE",
        help="Set one value of the configuration, for example storage=FOLDER.",
    )
    @wraps(function)
    def wrapped(
        reply: Reply, files: tuple[str, ...], overrides: tuple[str, ...], **keywords: Any
    ) -> Any:
        from lolpop.package.standard import storage_of
        from lolpop.storage import Store

        source = Source(files, overrides)
        store = Store(storage_of(source.document()))
        return function(reply, source=source, store=store, **keywords)

    return wrapped
