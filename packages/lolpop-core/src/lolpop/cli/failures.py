"""What a command says when it is done, and when something goes wrong."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

BUG = 70
INTERRUPTED = 130


class Reply:
    """How a command answers: text for people, or one JSON document on standard output.

    Attributes:
        as_json: Whether the answer is JSON.
        verbose: Whether tracebacks are shown whole.
        code: The exit code.
    """

    def __init__(self, as_json: bool = False, verbose: bool = False) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self.code = 0

    def data(self, value: Any) -> None:
        """Print the answer of a command as JSON."""
        click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))

    def say(self, text: str) -> None:
        """Print a line for people; nothing where the answer is JSON."""
        if not self.as_json:
            click.echo(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table for people; nothing where the answer is JSON."""
        if self.as_json:
            return
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*[_escaped(cell) for cell in row])
        console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
        console.print(table)

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Turn an error into its message and exit code."""
        try:
            yield
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except BaseException as error:
            self.code = report(error, self)

    @contextmanager
    def workflow_output(self) -> Iterator[None]:
        """Let what a workflow prints go to standard error where the answer is JSON."""
        if not self.as_json:
            yield
            return
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def failed(error: BaseException, arguments: Sequence[str]) -> int:
    """Report what ended the command line itself; give the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        raise error
    joined = " ".join(arguments)
    reply = Reply(as_json="--output json" in joined or "--output=json" in joined)
    if isinstance(error, click.UsageError):
        return _usage(error, reply)
    return report(error, reply)


def _usage(error: click.UsageError, reply: Reply) -> int:
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    path = error.ctx.command_path if error.ctx else "lolpop"
    facts = {"type": "UsageError", "message": message, "hint": f"see `{path} --help`"}
    return _print(facts, 2, reply)


def report(error: BaseException, reply: Reply) -> int:
    """Print an error as `error: …` and `hint: …`; give the exit code."""
    from lolpop.errors import LolpopError

    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _print({"type": "Interrupted", "message": "interrupted"}, INTERRUPTED, reply)
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    from lolpop.cli.tracebacks import show

    if isinstance(error, LolpopError):
        show(error, whole=reply.verbose)
        return _print(error.facts(), error.exit_code, reply)
    show(error, whole=True)
    message = f"a bug in lolpop: {type(error).__name__}: {error}"
    return _print({"type": "Bug", "message": message, "hint": _bug_hint()}, BUG, reply)


def _bug_hint() -> str | None:
    from lolpop import plugins

    version = plugins.foreign_lolpop()
    if version is None:
        return "please report it with the traceback above"
    return f"the unrelated distribution lolpop {version} overwrites ours: {plugins.FOREIGN_HINT}"


def _print(facts: Mapping[str, Any], code: int, reply: Reply) -> int:
    if reply.as_json:
        reply.data({"error": dict(facts), "exit_code": code})
        return code
    click.echo(f"error: {facts['message']}", err=True)
    if facts.get("hint"):
        click.echo(f"hint: {facts['hint']}", err=True)
    return code
