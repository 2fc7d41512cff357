"""`lolpop completion`: completion for bash, zsh and fish."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from lolpop.cli.failures import Reply
from lolpop.cli.options import command


@click.command(epilog='Example: eval "$(lolpop completion bash)"')
@command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(reply: Reply, shell: str) -> None:
    """Print a shell's completion script.

    Bash and zsh read it with `eval "$(lolpop completion bash)"` in their start-up file, fish
    with `lolpop completion fish | source`.
    """
    from lolpop.cli.app import root

    script = get_completion_class(shell)
    assert script is not None
    text = script(root, {}, "lolpop", "_LOLPOP_COMPLETE").source()
    if reply.as_json:
        reply.data({"shell": shell, "script": text})
    reply.say(text)
