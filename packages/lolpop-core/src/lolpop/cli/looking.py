"""What the commands have in common that look into a storage."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from lolpop.cli.failures import Reply
from lolpop.cli.options import configured
from lolpop.inprocess import Source


def stored(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-c` and `--set`; it gets the `Source`, and the storage that it names."""

    @configured
    @wraps(function)
    def wrapped(reply: Reply, source: Source, **keywords: Any) -> Any:
        from lolpop.package.standard import store_of
        from lolpop.workflow.check import check_shape

        document = source.document()
        check_shape(document)
        return function(reply, source=source, store=store_of(document), **keywords)

    return wrapped
