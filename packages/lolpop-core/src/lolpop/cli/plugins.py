"""`lolpop plugins`: list and examine plugins."""

from __future__ import annotations

from dataclasses import asdict

import click

from lolpop import plugins
from lolpop.cli.failures import Reply
from lolpop.cli.options import command
from lolpop.doctor import examination


@click.command("list", epilog="Example: lolpop plugins list --output json")
@command
def list_(reply: Reply) -> None:
    """List the installed plugins; none is imported."""
    found = plugins.installed()
    rows = [
        {
            "name": plugin.name,
            "kind": plugin.kind,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "state": examination.state_of(plugin),
        }
        for plugin in found
    ]
    if reply.as_json:
        reply.data(rows)
    columns = ["name", "kind", "distribution", "version", "state"]
    reply.table([columns, *([row[column] for column in columns] for row in rows)])


@click.command(epilog="Example: lolpop plugins doctor PrefectOrchestrator")
@command
@click.argument("name", required=False)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=examination.TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="How long importing one plugin may take.",
)
def doctor(reply: Reply, name: str | None, timeout: float) -> None:
    """Examine plugins, each in a process of its own, and say what is wrong and what to do.

    NAME is one plugin; without it all of them are examined.
    """
    chosen = examination.named(name) if name else list(plugins.installed())
    around = list(examination.environment())
    diagnoses = [examination.diagnose(plugin, timeout) for plugin in chosen]
    reply.code = examination.exit_code(diagnoses, around)
    if reply.as_json:
        reply.data(
            {
                "environment": [asdict(finding) for finding in around],
                "plugins": [
                    {**asdict(diagnosis), "healthy": diagnosis.healthy} for diagnosis in diagnoses
                ],
            }
        )
    for finding in around:
        _say(reply, finding, "environment")
    for diagnosis in diagnoses:
        label = f"{diagnosis.plugin.name} ({diagnosis.plugin.provider})"
        if diagnosis.healthy:
            reply.say(f"ok       {label}")
        for finding in diagnosis.findings:
            _say(reply, finding, label)


def _say(reply: Reply, finding: examination.Finding, label: str) -> None:
    reply.say(f"{'error  ' if finding.serious else 'warning'}  {label}: {finding.message}")
    if finding.hint:
        reply.say(f"         hint: {finding.hint}")
