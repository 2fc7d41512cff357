"""What rich draws, as text: coloured and as wide as the terminal, or plain and unbroken."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

_UNBROKEN = 100_000


def rendered(drawn: RenderableType, *, plain: bool = False) -> str:
    """Draw for standard output.

    Args:
        drawn: What rich draws.
        plain: Whether to leave out colours even if standard output is a terminal.
    """
    from rich.console import Console

    if plain or not sys.stdout.isatty():
        file = io.StringIO() if plain else sys.stdout
        console = Console(file=file, width=_UNBROKEN, color_system=None, force_terminal=False)
    else:
        console = Console()
    with console.capture() as captured:
        console.print(drawn)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
