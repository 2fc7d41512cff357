"""How states look: a sign and a class for the style sheet, so that colour isn't all."""

from __future__ import annotations

from lolpop.contract import RunState, StepState

_SIGNS = {
    "succeeded": "✓",
    "failed": "✗",
    "crashed": "✗",
    "running": "▸",
    "retrying": "↻",
    "stopping": "■",
    "cancelled": "■",
    "skipped": "»",
    "pending": "·",
    "queued": "·",
    "unknown": "?",
}


def sign(state: StepState | RunState) -> str:
    """Give the sign of a state."""
    return _SIGNS[state.value]


def style(state: StepState | RunState) -> str:
    """Give the class of a state."""
    return f"state-{state.value}"
