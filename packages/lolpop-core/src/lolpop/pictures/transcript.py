"""What a step printed, as a page can show it."""

from __future__ import annotations

import re

KEPT = 100_000
"""Characters of a log that a page shows at most."""

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles and links
    r"|[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|[ -/]*[0-~])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
"""Bell, backspace and the like, and the controls of eight bits, which some terminals obey."""


def transcript(log: str) -> str:
    """Prepare a log: terminal codes out, progress bars as they ended, the middle left out.

    Args:
        log: All that was printed.
    """
    text = without_escapes(_shortened(log)).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(_as_it_ended(line) for line in text.split("\n"))
    return text.rstrip()


def without_escapes(text: str) -> str:
    """Take out what a terminal would obey: colours, movements, titles, links."""
    return _ESCAPES.sub("", text)


def line_of(text: str) -> str:
    """Give a printed line that is safe to show in a terminal, as it ended."""
    return _CONTROLS.sub("", _as_it_ended(without_escapes(text)))


def _shortened(log: str) -> str:
    if len(log) <= KEPT:
        return log
    half = KEPT // 2
    begin = log.rfind("\n", 0, half) + 1 or half
    end = log.find("\n", len(log) - half) + 1 or len(log) - half
    note = f"… {end - begin:,} characters left out here; `lolpop deployment logs` has them …"
    return f"{log[:begin].rstrip()}\n\n{note}\n\n{log[end:]}"


def _as_it_ended(line: str) -> str:
    """Give what a terminal shows of a line that was overwritten from its beginning."""
    return next((part for part in reversed(line.split("\r")) if part), "")
