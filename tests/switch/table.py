"""What the moves came to, as a Markdown table: the README shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from moving import Outcome

WIDTH = 8
"""How much of a digest tells it from others."""


def table(moved: Mapping[str, Outcome]) -> str:
    """Lay the outcomes side by side, with the digest of what each step gave."""
    names = [name.removesuffix("Orchestrator") for name in moved]
    outcomes = [*moved.values()]
    rows = [
        ["", *names, "equal"],
        ["steps", *_row(len(each.states) for each in outcomes)],
        ["states", *_row(" and ".join(sorted({*each.states.values()})) for each in outcomes)],
        *(
            [f"`{step}`", *_row(each.digests.get(step, "")[:WIDTH] for each in outcomes)]
            for step in outcomes[0].states
        ),
        ["seconds", *(f"{each.seconds:.1f}" for each in outcomes), ""],
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _line(["-" * width for width in widths], widths), *lines[1:]])


def _row(values: Iterable[object]) -> list[str]:
    found = [*map(str, values)]
    return [*found, "yes" if len({*found}) == 1 else "NO"]


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
