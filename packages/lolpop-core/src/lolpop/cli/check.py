"""`lolpop check`: hold an orchestrator to the rules of the contract."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from lolpop.cli.failures import Reply
from lolpop.cli.options import command
from lolpop.config.document import DEFAULT_FILE
from lolpop.errors import RulesBrokenError
from lolpop.inprocess import Source
from lolpop.testing.checking import check as hold
from lolpop.testing.checking import configured
from lolpop.testing.judging import Outcome, Verdict
from lolpop.testing.rule import VERSION


@click.command(epilog="Example: lolpop check PrefectOrchestrator -c lolpop.yaml --rule stop")
@command
@click.argument("name")
@click.option(
    "-c",
    "--config",
    "--config-file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Where the orchestrator's config stands.  [default: lolpop.yaml, if there is one]",
)
@click.option(
    "--rule",
    "wanted",
    multiple=True,
    metavar="RULE",
    help="A rule, or a family of them; all by default.",
)
def check(reply: Reply, name: str, files: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Hold an orchestrator to the rules that every orchestrator keeps.

    NAME is the orchestrator, whose engine must run already. The rules deploy and run
    workflows of their own there, and remove them again. It takes some minutes.
    """
    config = configured(name, Source(files)) if files or Path(DEFAULT_FILE).is_file() else {}
    tell = (lambda verdict: None) if reply.as_json else lambda verdict: _say(reply, verdict)
    with reply.foreign_output():
        verdicts = hold(name, config, wanted, tell)
    if reply.as_json:
        reply.data({"orchestrator": name, "rules": VERSION, "verdicts": [*map(_facts, verdicts)]})
    counts = Counter(verdict.outcome for verdict in verdicts)
    said = ", ".join(f"{counts[each]} {each.value}" for each in Outcome if counts[each])
    broken = [verdict.rule.name for verdict in verdicts if verdict.outcome is Outcome.BROKEN]
    if broken:
        raise RulesBrokenError(f"{name} breaks {', '.join(broken)}: {said}")
    reply.say(f"ok: {name} keeps the rules {VERSION}: {said}")


def _say(reply: Reply, verdict: Verdict) -> None:
    line = f"  {verdict.outcome.value:<14}{verdict.rule.name}"
    reply.say(line + (f": {verdict.message}" if verdict.message else ""))


def _facts(verdict: Verdict) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "rule": rule.name,
        "outcome": verdict.outcome.value,
        "message": verdict.message,
        "capability": rule.capability.value if rule.capability else None,
        "pain": rule.pain,
    }
