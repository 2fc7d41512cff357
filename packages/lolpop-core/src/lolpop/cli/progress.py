"""A run while it runs: a line per step that changes in a terminal, else one when it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lolpop.cli.failures import Reply
from lolpop.contract import RunStatus, StepState, StepStatus
from lolpop.deploying.engine import Engine
from lolpop.deploying.watching import Seen, status

if TYPE_CHECKING:
    from rich.table import Table

_POLL = 0.2
_STYLES = {
    StepState.SUCCEEDED: ("✓", "green"),
    StepState.FAILED: ("✗", "red"),
    StepState.CRASHED: ("✗", "red"),
    StepState.CANCELLED: ("■", "yellow"),
    StepState.SKIPPED: ("-", "dim"),
    StepState.PENDING: ("·", "dim"),
    StepState.RUNNING: ("▶", "cyan"),
    StepState.RETRYING: ("↻", "yellow"),
}


def waited(reply: Reply, used: Engine, seen: Seen) -> RunStatus:
    """Wait for a run's end, and show its steps until then.

    Args:
        reply: How the command answers; nothing is shown where that is JSON.
        used: The orchestrator.
        seen: The run.
    """
    if reply.as_json or not sys.stdout.isatty():
        return _until_over(used, seen, _Lines(reply).show)
    return _live(used, seen)


def seconds(step: StepStatus) -> str:
    """Give how long a step's last attempt took, or has taken so far."""
    if not step.attempts:
        return ""
    last = step.attempts[-1]
    ended = last.ended_at or datetime.now(UTC)
    return f"{(ended - last.started_at).total_seconds():.2f}"


def _until_over(used: Engine, seen: Seen, show: Callable[[RunStatus], None]) -> RunStatus:
    while True:
        found = status(used, seen)
        show(found)
        if found.run.state.is_over:
            return found
        time.sleep(_POLL)


class _Lines:
    """Says a line for each step that is over, and one for each attempt that failed before."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.said: set[tuple[str, int]] = set()
        self.message: str | None = None

    def show(self, found: RunStatus) -> None:
        """Say what is new."""
        if found.message and found.message != self.message:
            self.message = found.message
            self.reply.say(f"  {found.message}")
        for step in found.steps:
            for attempt in step.attempts:
                key = (step.name, attempt.attempt)
                if attempt.state.is_over and key not in self.said:
                    self.said.add(key)
                    ended = attempt.ended_at or attempt.started_at
                    took = (ended - attempt.started_at).total_seconds()
                    again = f", attempt {attempt.attempt + 1}" if attempt.attempt else ""
                    word = f"{attempt.state.value:<10}"
                    self.reply.say(f"  {word}{step.name}{again}  {took:.2f} s")


def _live(used: Engine, seen: Seen) -> RunStatus:
    from rich.live import Live

    with Live(refresh_per_second=8) as live:
        return _until_over(used, seen, lambda found: live.update(_table(found)))


def _table(found: RunStatus) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for step in found.steps:
        sign, style = _STYLES[step.state]
        table.add_row(f"[{style}]{sign}[/]", step.name, f"{seconds(step):>8}", _remark(step))
    if found.message:
        table.add_row("", found.message)
    return table


def _remark(step: StepStatus) -> str:
    from rich.markup import escape

    words = [] if step.state in (StepState.SUCCEEDED, StepState.PENDING) else [step.state.value]
    words += [f"attempt {len(step.attempts)}"] if len(step.attempts) > 1 else []
    error = step.attempts[-1].error if step.attempts else None
    return escape(", ".join(words) + (f": {error}" if error else ""))
