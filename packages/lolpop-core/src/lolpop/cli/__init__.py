"""The command `lolpop`: it parses, calls and prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code.

    Args:
        arguments: What was typed after `lolpop`; None takes it from the process.
    """
    if sys.platform == "win32":
        sys.stderr.write("error: lolpop doesn't run on Windows\nhint: use it under WSL\n")
        sys.exit(2)
    from lolpop.cli.app import run

    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))
