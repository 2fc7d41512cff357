"""The steps and attempts of a run on a common axis of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from lolpop.contract import AttemptStatus, StepState, StepStatus
from lolpop.pictures import states as looks
from lolpop.pictures import words
from lolpop.pictures.markup import Html, tag

_NAMES, _BARS, _ENDS = 250.0, 740.0, 110.0
_ROW, _TOP = 28, 34
_TICKS = 6
_NICE = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)


@dataclass(frozen=True, slots=True)
class _Axis:
    begin: datetime
    end: datetime

    def seconds(self, time: datetime) -> float:
        return max((time - self.begin).total_seconds(), 0.0)

    @property
    def length(self) -> float:
        return max(self.seconds(self.end), 0.001)

    def place(self, seconds: float) -> float:
        return _NAMES + _BARS * min(seconds / self.length, 1.0)


def timeline(steps: Sequence[StepStatus], now: datetime) -> Html | None:
    """Draw a bar for each attempt, a row for each step; None if nothing has started.

    Args:
        steps: The steps with their attempts.
        now: Where bars of running attempts end.
    """
    attempts = [attempt for step in steps for attempt in step.attempts]
    if not attempts:
        return None
    begin = min(attempt.started_at for attempt in attempts)
    axis = _Axis(begin, max(max(a.started_at, a.ended_at or now) for a in attempts))
    height = _TOP + _ROW * len(steps) + 10
    width = _NAMES + _BARS + _ENDS
    return tag(
        "svg",
        tag("title", "Time line: when each attempt of each step ran", id="time-title"),
        *_ticks(axis, height),
        *(_row(step, axis, _TOP + _ROW * number, now) for number, step in enumerate(steps)),
        class_="time",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="group",
        aria_labelledby="time-title",
    )


def _ticks(axis: _Axis, height: float) -> Iterator[Html]:
    apart = _apart(axis.length)
    count = int(axis.length / apart + 1e-9)
    for number in range(count + 1):
        x = axis.place(number * apart)
        yield tag("line", class_="grid", x1=x, x2=x, y1=_TOP - 8, y2=height)
        text = words.duration(number * apart) if number else "0"
        yield tag("text", text, class_="tick", x=x, y=_TOP - 14, text_anchor="middle")


def _apart(length: float) -> float:
    """Choose a round distance between ticks."""
    wanted = length / _TICKS
    scale = 1.0
    while wanted < 1:
        wanted, scale = wanted * 10, scale / 10
    if scale < 1:
        return next(nice for nice in (1, 2, 5, 10) if nice >= wanted) * scale
    days = 86400.0 * -(-wanted // 86400)
    return float(next((nice for nice in _NICE if nice >= wanted), days))


def _row(step: StepStatus, axis: _Axis, top: float, now: datetime) -> Html:
    name = tag("text", words.cut(step.name, 31), x=4, y=top + 18)
    return tag(
        "g",
        tag("title", f"{step.name}: {step.state.value}"),
        name,
        *_waits(step.attempts, axis, top + 14),
        *(_bar(step.name, attempt, axis, top, now) for attempt in step.attempts),
        _end(step, axis, top, now),
    )


def _waits(attempts: Sequence[AttemptStatus], axis: _Axis, level: float) -> Iterator[Html]:
    """Draw the time between two attempts."""
    for one, other in pairwise(attempts):
        ends = axis.place(axis.seconds(one.ended_at or other.started_at))
        begins = axis.place(axis.seconds(other.started_at))
        yield tag("line", class_="wait", x1=ends, x2=begins, y1=level, y2=level)


def _bar(step: str, attempt: AttemptStatus, axis: _Axis, top: float, now: datetime) -> Html:
    left = axis.place(axis.seconds(attempt.started_at))
    right = axis.place(axis.seconds(attempt.ended_at or now))
    width = max(right - left, 3.0)
    spoken = f"{step}, attempt {attempt.attempt + 1}: {attempt.state.value}, {took(attempt, now)}"
    sign = None
    if width >= 18:
        middle = {"x": left + width / 2, "y": top + 18.5}
        sign = tag("text", looks.sign(attempt.state), class_="sign", text_anchor="middle", **middle)
    bar = tag("rect", class_="bar", x=left, y=top + 5, width=width, height=18, rx=min(4, width / 2))
    return tag("g", tag("title", spoken), bar, sign, class_=looks.style(attempt.state))


def _end(step: StepStatus, axis: _Axis, top: float, now: datetime) -> Html:
    """Say how the row ended, beside its last bar."""
    if not step.attempts:
        return tag("text", step.state.value, class_="muted", x=_NAMES, y=top + 18)
    last = step.attempts[-1]
    x = axis.place(axis.seconds(last.ended_at or now)) + 8
    count = len(step.attempts)
    text = took(last, now) if count == 1 else f"{took(last, now)}, {count} attempts"
    kind = "muted" if step.state is StepState.SUCCEEDED else f"muted {looks.style(step.state)}"
    return tag("text", text, class_=kind, x=x, y=top + 18)


def took(attempt: AttemptStatus, now: datetime) -> str:
    """Say how long an attempt took, or has taken so far."""
    length = ((attempt.ended_at or now) - attempt.started_at).total_seconds()
    return words.duration(max(length, 0.0)) + ("" if attempt.ended_at else " so far")
