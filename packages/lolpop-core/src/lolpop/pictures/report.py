"""A run as one page: what happened, when, with what, and what went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lolpop.contract import (
    Deployment,
    Run,
    RunState,
    RunStatus,
    StatusSource,
    StepGraph,
    StepState,
    StepStatus,
)
from lolpop.pictures import markup, words
from lolpop.pictures import states as looks
from lolpop.pictures.graph import picture_of
from lolpop.pictures.markup import Html, join, tag
from lolpop.pictures.sections import ArtifactView, address, section
from lolpop.pictures.style import STYLE
from lolpop.pictures.svg import picture
from lolpop.pictures.timeline import timeline
from lolpop.pictures.transcript import transcript

__all__ = ["ArtifactView", "RunReport", "page"]

_TAIL, _TAIL_SIZE = 15, 4000
_BAD = (RunState.FAILED, RunState.CRASHED)
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """All that a report shows of a run.

    Attributes:
        run: The run.
        deployment: What it is a run of, or None if that is gone.
        graph: The steps of the run's package, or None if that is gone.
        status: The state of the run and its steps, with their attempts.
        parameters: The run's parameters.
        logs: What was printed, by step and attempt (from 0).
        artifacts: The steps' outputs.
        package_digest: The package that the run uses, or None if that isn't known.
        storage: The storage that its records are in, or None if that isn't known.
        generated_at: When all this was so.
    """

    run: Run
    deployment: Deployment | None
    graph: StepGraph | None
    status: RunStatus
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    logs: Mapping[tuple[str, int], str] = field(default_factory=dict, hash=False)
    artifacts: Mapping[str, ArtifactView] = field(default_factory=dict, hash=False)
    package_digest: str | None = None
    storage: str | None = None
    generated_at: datetime


def page(report: RunReport) -> str:
    """Write a run as one self-contained HTML page that needs no script."""
    title = f"{report.run.ref.deployment}: run {report.run.ref.run_id}"
    body = join(_header(report), tag("main", *_main(report)), _footer(report))
    return markup.page(title, STYLE, body)


def _main(report: RunReport) -> Iterator[Html]:
    steps = _steps(report)
    yield from _alarm(report, steps)
    yield _facts(report, steps)
    if report.graph and report.graph.steps:
        yield tag("h2", "Graph")
        states = {step.name: step.state for step in steps}
        yield picture_of(picture(report.graph, {}, "The steps by their state", states))
    if lines := timeline(steps, report.generated_at):
        yield tag("h2", "Time line")
        yield tag("div", lines, class_="picture", tabindex="0", role="region", aria_label="times")
    yield from _parameters(report.parameters)
    yield tag("h2", "Steps")
    logs = _by_step(report.logs)
    for number, step in enumerate(steps):
        artifact = report.artifacts.get(step.name)
        printed = logs.get(step.name, {})
        yield section(f"s{number}", step, printed, artifact, report.generated_at)


def _by_step(logs: Mapping[tuple[str, int], str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for (step, attempt), log in logs.items():
        found.setdefault(step, {})[attempt] = log
    return found


def _steps(report: RunReport) -> list[StepStatus]:
    """List the steps in the graph's order; those that only the status knows come last."""
    known = {step.name: step for step in report.status.steps}
    steps = report.graph.steps if report.graph else ()
    listed = {step.name: StepStatus(name=step.name, state=StepState.PENDING) for step in steps}
    return list((listed | known).values())


def _header(report: RunReport) -> Html:
    state = report.run.state
    pill = tag("span", f"{looks.sign(state)} {state.value}", class_=f"state {looks.style(state)}")
    facts = [f"run {report.run.ref.run_id}", _length(report)]
    lead = tag("p", pill, " ", ", ".join(fact for fact in facts if fact), class_="lead")
    return tag("header", tag("h1", report.run.ref.deployment), lead)


def _length(report: RunReport) -> str:
    run = report.run
    if run.started_at is None or (run.ended_at is None and run.state is RunState.UNKNOWN):
        return ""
    length = ((run.ended_at or report.generated_at) - run.started_at).total_seconds()
    return words.duration(max(length, 0.0)) + ("" if run.ended_at else " so far")


def _alarm(report: RunReport, steps: list[StepStatus]) -> Iterator[Html]:
    """Say first what went wrong."""
    failed = _failed(report.status, steps)
    if failed is not None and report.run.state in (*_BAD, RunState.RUNNING, RunState.UNKNOWN):
        yield tag("section", *_failure(report, failed, steps), class_="alarm")
    elif report.run.state in _BAD or report.status.error:
        state = report.run.state.value
        text = report.status.error or "no step failed; what drove the run ended without a word"
        yield tag("section", tag("h2", f"run {state}"), tag("pre", text), class_="alarm")
    if report.status.message:
        yield tag("p", report.status.message, class_="remark")


def _failed(status: RunStatus, steps: list[StepStatus]) -> StepStatus | None:
    bad = [step for step in steps if step.state in (StepState.FAILED, StepState.CRASHED)]
    named = [step for step in steps if step.name == status.failed_step]
    return next(iter([*named, *bad]), None)


def _failure(report: RunReport, step: StepStatus, steps: list[StepStatus]) -> Iterator[Html]:
    last = step.attempts[-1] if step.attempts else None
    tries = f" after {words.counted(len(step.attempts), 'attempt')}" if step.attempts else ""
    link = tag("a", tag("code", step.name), href=f"#s{steps.index(step)}")
    yield tag("h2", link, f" {step.state.value}{tries}")
    error = report.status.error or (last.error if last else None)
    yield tag("pre", error or "no error was recorded", class_="error")
    log = transcript(report.logs.get((step.name, last.attempt), "")) if last else ""
    if log:
        end = "\n".join(log[-_TAIL_SIZE:].split("\n")[-_TAIL:])
        yield tag("div", "The last lines that it printed:", class_="muted")
        yield tag("pre", end, tabindex="0")


def _facts(report: RunReport, steps: list[StepStatus]) -> Html:
    facts = [*_when(report), *_where(report, steps), *_what(report)]
    pairs = (part for name, value in facts for part in (tag("dt", name), tag("dd", value)))
    return join(tag("h2", "Run"), tag("dl", *pairs, class_="facts"))


def _when(report: RunReport) -> Iterator[tuple[str, str]]:
    run = report.run
    if run.started_at:
        yield "started", words.moment(run.started_at)
        if run.created_at and (run.started_at - run.created_at).total_seconds() >= 1:
            waited = (run.started_at - run.created_at).total_seconds()
            yield "queued before", words.duration(waited)
    elif run.created_at:
        yield "asked for", words.moment(run.created_at)
    if run.ended_at:
        yield "ended", words.moment(run.ended_at)


def _where(report: RunReport, steps: list[StepStatus]) -> Iterator[tuple[str, str]]:
    run = report.run
    yield "orchestrator", run.ref.orchestrator
    if run.engine_state and run.engine_state.lower() != run.state.value:
        yield "engine's own state", run.engine_state
    if link := address(run.url):
        yield "page in the engine", link
    hosts = (attempt.host for step in steps for attempt in step.attempts if attempt.host)
    if names := ", ".join(dict.fromkeys(hosts)):
        yield "ran on", names
    if run.parent_run_id:
        yield "repeats the failed steps of", tag("code", run.parent_run_id)


def _what(report: RunReport) -> Iterator[tuple[str, str]]:
    deployment = report.deployment
    if deployment:
        yield "project", deployment.project
    if report.package_digest:
        yield "package", _digest(report.package_digest)
    if deployment and deployment.package_digest != report.package_digest:
        yield "package now deployed", _digest(deployment.package_digest)
    if storage := report.storage or (deployment.storage if deployment else None):
        yield "storage", tag("code", storage)


def _digest(digest: str) -> Html:
    return tag("code", digest[:_DIGITS], title=digest)


def _parameters(parameters: Mapping[str, Any]) -> Iterator[Html]:
    if not parameters:
        return
    rows = (
        tag("tr", tag("th", tag("code", name), scope="row"), tag("td", _value(value)))
        for name, value in parameters.items()
    )
    yield tag("h2", "Parameters")
    yield tag("div", tag("table", tag("tbody", *rows)), class_="scroll parameters")


def _value(value: Any) -> Html:
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    is_short = len(text) <= 80 and "\n" not in text
    return tag("code", text) if is_short else tag("pre", text, tabindex="0")


def _footer(report: RunReport) -> Html:
    source = "the engine" if report.status.source is StatusSource.ENGINE else "the records alone"
    text = f"As {source} had it on {words.moment(report.generated_at)}. Attempts count from 1."
    return tag("footer", tag("p", text, class_="muted"))
