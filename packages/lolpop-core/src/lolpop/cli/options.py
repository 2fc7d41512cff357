"""Options that several commands share, and what every command has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from lolpop.cli.failures import Reply
from lolpop.errors import UsageError
from lolpop.inprocess import Source

Function = TypeVar("Function", bound=Callable[..., Any])

FILES = click.option(
    "-c",
    "--config",
    "--config-file",
    "files",
    multiple=True,
    metavar="FILE",
    help="A configuration file; further ones are laid over it.  [default: lolpop.yaml]",
)
_OVERRIDES = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Set one value of the configuration, for example order=data.",
)
ENTRYPOINT = click.option(
    "-e",
    "--entrypoint",
    "-b",
    "--build-method",
    "method",
    metavar="METHOD",
    help="The runner's method to call.  [default: entrypoint, run, or the only public one]",
)


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-v` and `--output`; it gets a `Reply` as its first argument."""

    @click.option("-v", "--verbose", is_flag=True, help="Show more, and whole tracebacks.")
    @click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How to print the result.",
    )
    @wraps(function)
    def wrapped(*, verbose: bool, output: str, **keywords: Any) -> int:
        reply = Reply(as_json=output == "json", verbose=verbose)
        with reply.reporting():
            function(reply, **keywords)
        return reply.code

    return wrapped


def sourced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say where a workflow comes from, as one `Source`."""

    @click.argument("runner", metavar="[CLASS]", required=False)
    @FILES
    @click.option(
        "-l",
        "--local-file",
        "file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A Python file in which classes are looked up first.",
    )
    @click.option(
        "-m",
        "--module",
        "modules",
        multiple=True,
        metavar="MODULE",
        help="A module of the project in which classes are looked up, besides `modules`.",
    )
    @_OVERRIDES
    @click.option(
        "--skip-validation",
        is_flag=True,
        help="Don't check keys, types and dependencies before building.",
    )
    @wraps(function)
    def wrapped(
        *args: Any,
        runner: str | None,
        files: tuple[str, ...],
        file: Path | None,
        modules: tuple[str, ...],
        overrides: tuple[str, ...],
        skip_validation: bool,
        **keywords: Any,
    ) -> Any:
        source = Source(files, overrides, runner, file, skip_validation, modules)
        return function(*args, source=source, **keywords)

    return wrapped


def configured(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-c` and `--set`, as a `Source`."""

    @FILES
    @_OVERRIDES
    @wraps(function)
    def wrapped(
        *args: Any, files: tuple[str, ...], overrides: tuple[str, ...], **keywords: Any
    ) -> Any:
        return function(*args, source=Source(files, overrides), **keywords)

    return wrapped


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a deployment's name, as NAME or by `-n`."""

    @click.argument("name", required=False)
    @click.option("-n", "--name", "other", metavar="NAME", help="The same as NAME.")
    @wraps(function)
    def wrapped(*args: Any, name: str | None, other: str | None, **keywords: Any) -> Any:
        if name is not None and other is not None and name != other:
            message = f"two deployments are named: {name!r} and, with -n, {other!r}"
            raise UsageError(message, hint="name one of them")
        return function(*args, name=other if name is None else name, **keywords)

    return wrapped
