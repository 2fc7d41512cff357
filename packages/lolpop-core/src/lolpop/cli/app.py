"""The tree of commands; a command's module is imported when the command is called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from io import TextIOWrapper

import click

from lolpop._version import __version__
from lolpop.cli.failures import failed, unread
from lolpop.importing import permanent

_CONTEXT = {
    "help_option_names": ["-h", "--help"],
    "token_normalize_func": lambda token: token.replace("_", "-"),
    "max_content_width": 100,
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and summary, and imports the one called.

    Args:
        lazy: For each command, where it is (`module:attribute`) and its summary.
    """

    def __init__(self, name: str, lazy: Mapping[str, tuple[str, str]], summary: str) -> None:
        super().__init__(name, help=summary, context_settings=dict(_CONTEXT))
        self.lazy = lazy

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where no command is named."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which they are needed."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; an unknown one is refused with the nearest name."""
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        with permanent():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command to call, or say which names there are."""
        name = args[0].replace("_", "-")
        if name not in self.lazy and not ctx.resilient_parsing:
            from lolpop.errors import nearest

            likely = nearest(name, self.lazy)
            rest = f"did you mean {likely!r}?" if likely else f"there is {', '.join(self.lazy)}"
            ctx.fail(f"no command {args[0]!r}: {rest}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands for `--help` without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.lazy.items()])


run_group = LazyGroup(
    "run",
    {"workflow": ("lolpop.cli.run:workflow", "Run a workflow in this process.")},
    "Run a workflow.",
)
config_group = LazyGroup(
    "config",
    {
        "check": ("lolpop.cli.config:check", "Check a configuration and the classes it names."),
        "show": ("lolpop.cli.config:show", "Show the configuration that results from all files."),
        "schema": ("lolpop.cli.config:schema", "Print a JSON schema for editors."),
    },
    "Check, show and describe the configuration.",
)
plugins_group = LazyGroup(
    "plugins",
    {
        "list": ("lolpop.cli.plugins:list_", "List the installed plugins; none is imported."),
        "doctor": ("lolpop.cli.plugins:doctor", "Examine plugins, and say what is wrong."),
    },
    "List and examine plugins.",
)
deployment_group = LazyGroup(
    "deployment",
    {
        "package": ("lolpop.cli.deployment:package", "Package a workflow under one digest."),
        "plan": (
            "lolpop.cli.deployment:plan",
            "Show what `build` would change, and why it would be refused.",
        ),
        "build": (
            "lolpop.cli.deployment:build",
            "Package a workflow and make the orchestrator able to run it.",
        ),
        "run": ("lolpop.cli.running:run", "Start a run of a deployment."),
        "status": ("lolpop.cli.running:status", "Show where a run and its steps stand."),
        "logs": ("lolpop.cli.running:logs", "Show what the steps of a run printed."),
        "stop": ("lolpop.cli.running:stop", "End runs and their processes, verified."),
        "list": ("lolpop.cli.deployment:list_", "List the deployments of this project."),
        "remove": (
            "lolpop.cli.deployment:remove",
            "Stop a deployment and take it out of the orchestrator.",
        ),
    },
    "Package, deploy, run and stop workflows on an orchestrator.",
)
runs_group = LazyGroup(
    "runs",
    {
        "list": ("lolpop.cli.runs:list_", "List the runs that have records, newest first."),
        "show": ("lolpop.cli.runs:show", "Show a run and its steps."),
        "report": ("lolpop.cli.runs:report", "Write a run as one HTML page."),
        "get": ("lolpop.cli.runs:get", "Print or save the output of a step."),
    },
    "Look back at runs, by their records alone.",
)
storage_group = LazyGroup(
    "storage",
    {
        "prune": (
            "lolpop.cli.storage:prune",
            "Delete what is old, over, and referred to by nothing.",
        ),
        "check": ("lolpop.cli.storage:check", "Verify all packages, outputs and records."),
    },
    "Look after the storage.",
)
create_group = LazyGroup(
    "create",
    {
        "orchestrator": (
            "lolpop.cli.create:orchestrator",
            "Write the distribution of an orchestrator that works as it stands.",
        ),
        "component": ("lolpop.cli.create:component", "Write a component and its test."),
        "pipeline": ("lolpop.cli.create:pipeline", "Write a pipeline and its test."),
        "runner": ("lolpop.cli.create:runner", "Write a runner and its test."),
    },
    "Write what a class or a plugin of your own starts from.",
)
root = LazyGroup(
    "lolpop",
    {
        "init": ("lolpop.cli.init:init", "Start a project that runs as it stands."),
        "create": (
            "lolpop.cli.app:create_group",
            "Write what a class or a plugin of your own starts from.",
        ),
        "run": ("lolpop.cli.app:run_group", "Run a workflow."),
        "graph": ("lolpop.cli.graph:graph", "Show the steps of a workflow, and what won't split."),
        "config": (
            "lolpop.cli.app:config_group",
            "Check, show and describe the configuration.",
        ),
        "deployment": (
            "lolpop.cli.app:deployment_group",
            "Package, deploy, run and stop workflows on an orchestrator.",
        ),
        "runs": ("lolpop.cli.app:runs_group", "Look back at runs, by their records alone."),
        "storage": ("lolpop.cli.app:storage_group", "Look after the storage."),
        "plugins": ("lolpop.cli.app:plugins_group", "List and examine plugins."),
        "check": ("lolpop.cli.check:check", "Hold an orchestrator to the rules of the contract."),
        "completion": ("lolpop.cli.completion:completion", "Print a shell's completion script."),
    },
    "Write a workflow once in plain Python, and name its orchestrator in YAML.",
)
root.epilog = (
    "Exit codes: 0 done, 1 the workflow failed, 2 usage or configuration, 3 plugin, 4 engine,"
    " 5 not all stopped, 70 a bug in lolpop, 130 interrupted."
)
root.params.append(
    click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        help="Show the version and exit.",
        callback=lambda ctx, _, asked: _show_version(ctx) if asked else None,
    )
)


def _show_version(ctx: click.Context) -> None:
    click.echo(f"lolpop {__version__}")
    ctx.exit()


def run(arguments: list[str]) -> int:
    """Run the command line; give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    stdout = sys.stdout
    try:
        code = root.main(arguments, prog_name="lolpop", standalone_mode=False)
    except SystemExit:
        if sys.stdout is stdout:
            raise
        return unread()  # click has put another stream in the place of the closed one
    except BaseException as error:
        return failed(error, arguments)
    return code if isinstance(code, int) else 0
