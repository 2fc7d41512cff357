"""A step's section of a report: its attempts, logs and output."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lolpop.contract import AttemptStatus, StepState, StepStatus
from lolpop.pictures import states as looks
from lolpop.pictures import words
from lolpop.pictures.markup import Html, tag
from lolpop.pictures.timeline import took
from lolpop.pictures.transcript import transcript

_COLUMNS = ("attempt", "state", "started", "took", "host", "process", "ended with", "error")
_LONG = 30
_SIGNALS = {each.value: each.name for each in signal.Signals}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactView:
    """What a report shows of a step's output.

    Attributes:
        type_name: The value's type.
        kind: How it is stored.
        size: Its size in bytes.
        digest: The digest of its content.
        preview: The beginning of it, as text; may be empty.
    """

    type_name: str
    kind: str
    size: int
    digest: str
    preview: str = ""


def section(
    anchor: str,
    step: StepStatus,
    logs: Mapping[int, str],
    artifact: ArtifactView | None,
    now: datetime,
) -> Html:
    """Write a step's section, unfolded if the step failed.

    Args:
        anchor: The id that links lead to.
        step: The step with its attempts.
        logs: What each attempt printed.
        artifact: The step's output, if there is one.
        now: When the report is made.
    """
    is_open = step.state in (StepState.FAILED, StepState.CRASHED)
    return tag(
        "details",
        _summary(step, now),
        tag("div", *_content(step, logs, artifact, now), id=anchor, class_="content"),
        class_="part",
        open="open" if is_open else None,
    )


def pill(state: StepState) -> Html:
    """Write a step's state."""
    return tag("span", f"{looks.sign(state)} {state.value}", class_=f"state {looks.style(state)}")


def _summary(step: StepStatus, now: datetime) -> Html:
    parts = [words.counted(len(step.attempts), "attempt")] if len(step.attempts) > 1 else []
    if step.attempts:
        parts.append(took(step.attempts[-1], now))
    facts = tag("span", ", ".join(parts), class_="muted") if parts else None
    return tag("summary", tag("span", step.name, class_="mono"), pill(step.state), facts)


def _content(
    step: StepStatus, logs: Mapping[int, str], artifact: ArtifactView | None, now: datetime
) -> Iterator[Html]:
    if step.attempts:
        yield _attempts(step, now)
    else:
        yield tag("p", "No attempt has been made.", class_="muted")
    if link := address(step.url):
        yield tag("p", link)
    for number in sorted(logs):
        yield from _log(number, logs[number], is_last=number == max(logs))
    if artifact:
        yield from _artifact(artifact)


def _attempts(step: StepStatus, now: datetime) -> Html:
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in _COLUMNS)))
    rows = (_attempt(attempt, now) for attempt in step.attempts)
    return tag("div", tag("table", head, tag("tbody", *rows)), class_="scroll")


def _attempt(attempt: AttemptStatus, now: datetime) -> Html:
    cells = (
        tag("code", str(attempt.attempt + 1)),
        pill(attempt.state),
        words.moment(attempt.started_at),
        took(attempt, now),
        attempt.host or "",
        "" if attempt.pid is None else str(attempt.pid),
        ending(attempt.exit_code),
        tag("code", attempt.error, class_="error") if attempt.error else "",
    )
    return tag("tr", *(tag("td", cell) for cell in cells))


def ending(exit_code: int | None) -> str:
    """Say how a process ended: its exit code, or the signal that ended it."""
    if exit_code is None:
        return ""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    return f"signal {_SIGNALS.get(-exit_code, -exit_code)}"


def _log(number: int, log: str, *, is_last: bool) -> Iterator[Html]:
    text = transcript(log)
    if not text:
        return
    lines = text.count("\n") + 1
    title = f"log of attempt {number + 1}, {words.counted(lines, 'line')}"
    is_open = "open" if is_last and lines <= _LONG else None
    yield tag("details", tag("summary", title), tag("pre", text, tabindex="0"), open=is_open)


def _artifact(artifact: ArtifactView) -> Iterator[Html]:
    facts = f" {words.size(artifact.size)}, stored as {artifact.kind}, "
    digest = tag("code", artifact.digest[:12], title=artifact.digest)
    yield tag("h3", "Output")
    yield tag("p", tag("code", artifact.type_name), facts, digest)
    if artifact.preview:
        yield tag("pre", transcript(artifact.preview), tabindex="0")


def address(url: str | None) -> Html | None:
    """Link a page of the engine, if it is one that a browser may open."""
    if url is None or not url.lower().startswith(("http://", "https://")):
        return None
    return tag("a", url, href=url, rel="noreferrer noopener")
