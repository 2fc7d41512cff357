"""What a command says when it is done, and when something goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import pairwise
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
        import json

        from lolpop.cli.values import plain

        click.echo(json.dumps(plain(value), indent=2))

    def say(self, text: str) -> None:
        """Print a line for people; nothing where the answer is JSON."""
        if not self.as_json:
            click.echo(text)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows in columns for people; nothing where the answer is JSON."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.say("  ".join(cells).rstrip())

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
    def foreign_output(self) -> Iterator[None]:
        """Let what others' code prints go to standard error where the answer is JSON."""
        if not self.as_json:
            yield
            return
        stdout = sys.stdout
        stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
        try:
            with redirect_stdout(sys.stderr):
                yield
        finally:
            stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)


def failed(error: BaseException, arguments: Sequence[str]) -> int:
    """Report what ended the command line itself; give the exit code."""
    if isinstance(error, SystemExit):
        raise error
    reply = Reply(as_json=_wants_json(arguments))
    if isinstance(error, click.UsageError):
        return _usage(error, reply)
    return report(error, reply)


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--output=json" in arguments or ("--output", "json") in pairwise(arguments)


def _usage(error: click.UsageError, reply: Reply) -> int:
    path = error.ctx.command_path if error.ctx else "lolpop"
    facts = {"type": "UsageError", "message": _message(error), "hint": f"see `{path} --help`"}
    return _print(facts, 2, reply)


def _message(error: click.UsageError) -> str:
    """Say what is wrong in our words where click's differ from release to release."""
    if isinstance(error, click.NoSuchOption):
        from lolpop.errors import nearest

        known = error.ctx.command.params if error.ctx else []
        names = [name[2:] for option in known for name in option.opts if name.startswith("--")]
        likely = nearest(error.option_name.lstrip("-"), names)
        rest = f": did you mean '--{likely}'?" if likely else ""
        return f"no option {error.option_name!r}{rest}"
    message = error.format_message().rstrip(".")
    return message[:1].lower() + message[1:]


def unread() -> int:
    """End quietly when nobody reads what is printed, as in `lolpop config show | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def report(error: BaseException, reply: Reply) -> int:
    """Print an error as `error: …` and `hint: …`; give the exit code."""
    from lolpop.errors import LolpopError

    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        facts = {"type": "Interrupted", "message": "interrupted", "hint": None}
        return _print(facts, INTERRUPTED, reply)
    if isinstance(error, BrokenPipeError):
        return unread()
    from lolpop.cli.tracebacks import show

    if isinstance(error, LolpopError):
        show(error, whole=reply.verbose)
        facts = error.facts()
        hints = [facts["hint"], _foreign()]
        facts["hint"] = "; ".join(hint for hint in hints if hint) or None
        return _print(facts, error.exit_code, reply)
    show(error, whole=True)
    message = f"a bug in lolpop: {type(error).__name__}: {error}"
    return _print({"type": "Bug", "message": message, "hint": _bug_hint()}, BUG, reply)


def _bug_hint() -> str:
    return _foreign() or "please report it with the traceback above"


def _foreign() -> str | None:
    """Name the distribution whose files may stand in the place of ours."""
    from lolpop import plugins

    version = plugins.foreign_lolpop()
    if version is None:
        return None
    return f"the unrelated distribution lolpop {version} overwrites ours: {plugins.FOREIGN_HINT}"


def _print(facts: Mapping[str, Any], code: int, reply: Reply) -> int:
    if reply.as_json:
        reply.data({"error": dict(facts), "exit_code": code})
        return code
    place = f"{facts['place']}: " if facts.get("place") else ""
    click.echo(f"error: {place}{facts['message']}", err=True)
    if facts.get("hint"):
        click.echo(f"hint: {facts['hint']}", err=True)
    return code
