"""Durations, sizes, times and long texts as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from unicodedata import combining, east_asian_width

from lolpop.contract import Edge, Step, StepSettings

_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def duration(seconds: float) -> str:
    """Write a duration: `40 ms`, `0.25 s`, `10 s`, `1 m 30 s`, `2 h`."""
    if 0 < seconds < 0.1:
        return f"{round(seconds * 1000, 1):g} ms"
    if seconds < 10:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    left = round(seconds)
    parts = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join([*parts, *([f"{left} s"] if left or not parts else [])][:2])


def size(count: int) -> str:
    """Write a number of bytes: `812 B`, `1.2 MB`."""
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1000:.1f} TB"


def moment(time: datetime) -> str:
    """Write a time in UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def counted(count: int, noun: str) -> str:
    """Write a number of things: `1 step`, `1,000 steps`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def columns(text: str) -> int:
    """Tell how many columns a text takes: wide characters take two."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Shorten a text to so many columns, with an ellipsis where it ends."""
    if columns(text) <= width:
        return text
    kept, taken = "", 1
    for character in text:
        taken += _columns(character)
        if taken > width:
            break
        kept += character
    return kept.rstrip() + "…"


def wrapped(text: str, width: int, most: int) -> list[str]:
    """Break a text into lines of so many columns; the last line is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if columns(longer) <= width or not lines[-1]:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = longer
            break
    return [cut(line, width) for line in lines if line]


def element(keys: tuple[int | str, ...]) -> str:
    """Write what leads to an element of an output: `[0]`, `['model'][1]`."""
    return "".join(f"[{key!r}]" for key in keys)


def elements(step: Step, source: str) -> str:
    """Write which elements of a step's output another one reads; empty for all of it."""
    keys = dict.fromkeys(edge.element for edge in step.edges if edge.source == source)
    return "" if () in keys else ", ".join(element(each) for each in keys)


def reads(step: Step) -> list[str]:
    """Name all that a step reads: outputs and parameters."""
    outputs = dict.fromkeys(_output(edge) for edge in step.edges)
    return [*outputs, *(f"parameter {name}" for name in step.parameters)]


def _output(edge: Edge) -> str:
    return edge.source + element(edge.element)


def order_only(step: Step) -> list[str]:
    """Name the steps that it only waits for."""
    inputs = set(step.inputs)
    return [name for name in step.after if name not in inputs]


def settings(each: StepSettings) -> list[str]:
    """Write retries and time-out, as far as there are any."""
    return list(_settings(each))


def _settings(each: StepSettings) -> Iterator[str]:
    if each.retries:
        retries = f"{each.retries:,} " + ("retry" if each.retries == 1 else "retries")
        delay = f" after {duration(each.retry_delay)}" if each.retry_delay else ""
        yield retries + delay
    if each.timeout is not None:
        yield f"time-out {duration(each.timeout)}"


def summary(doc: str | None) -> str:
    """Give the first line of a docstring."""
    return next((line.strip() for line in (doc or "").splitlines() if line.strip()), "")
