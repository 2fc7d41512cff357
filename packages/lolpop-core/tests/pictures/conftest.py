"""Graphs and runs to draw, and a reader of the pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from lolpop.contract import (
    AttemptStatus,
    Collapse,
    Deployment,
    Edge,
    Group,
    Order,
    Run,
    RunRef,
    RunState,
    RunStatus,
    StatusSource,
    Step,
    StepGraph,
    StepSettings,
    StepState,
    StepStatus,
)
from lolpop.pictures.report import ArtifactView, RunReport

VOID = {"meta", "col"}
START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ERROR = "ValueError: Input X contains NaN."


@dataclass
class Element:
    """An element of a page: attributes, and all the text in it."""

    tag: str
    attributes: dict[str, str | None]
    inside: list[str]
    text: str = ""

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()


@dataclass
class Page(HTMLParser):
    """A page that is well-formed, or an AssertionError."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        element = Element(tag, dict(attrs), [each.tag for each in self.open])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str, class_: str | None = None) -> list[Element]:
        return [
            each
            for each in self.elements
            if each.tag == tag and (class_ is None or class_ in each.classes)
        ]

    @property
    def text(self) -> str:
        return self.all("body")[0].text


@pytest.fixture(scope="session")
def read() -> Any:
    """Read a page and make sure that it is well-formed and its ids are unique."""

    def reader(text: str) -> Page:
        page = Page()
        page.feed(text)
        page.close()
        assert not page.open
        ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
        assert len(ids) == len(set(ids))
        return page

    return reader


@pytest.fixture(scope="session")
def penguins() -> StepGraph:
    def step(name: str, *edges: Edge, after: tuple[str, ...] = (), **more: Any) -> Step:
        needs = tuple(dict.fromkeys([*(edge.source for edge in edges), *after]))
        return Step(name=name, edges=edges, after=needs, **more)

    load, clean, split = "process.load", "process.clean", "process.split"
    fit, predict, evaluate = "train.fit", "predict.predict", "train.evaluate"
    steps = (
        step(load, doc="Read all penguins, incomplete ones too.", source="pipelines.py:35"),
        step(clean, Edge(load), doc="Drop the rows that lack a measurement."),
        step(split, Edge(clean), parameters=("seed",)),
        step(fit, Edge(split, (0,)), parameters=("seed",), doc="Fit the model.\n\nWell."),
        step(predict, Edge(fit), Edge(split, (1,))),
        step(evaluate, Edge(predict)),
        step("predict.write", Edge(predict), after=(evaluate,)),
        step("train.write", Edge(evaluate), after=("predict.write",)),
    )
    collapse = Collapse(
        step=fit,
        file="penguins/runner.py",
        line=31,
        reason="`training` is tested by an `if`",
        hint="move the test into a pipeline",
    )
    return StepGraph(steps=steps, collapses=(collapse,))


@pytest.fixture(scope="session")
def settings() -> dict[str, StepSettings]:
    return {
        "process.load": StepSettings(retries=1),
        "train.fit": StepSettings(retries=2, retry_delay=10, timeout=3600),
    }


@pytest.fixture(scope="session")
def grouped() -> Any:
    """Make a graph of groups of five steps each: a chain, and each reads from an earlier."""

    def make(groups: int, order: Order = Order.PROGRAM) -> StepGraph:
        steps: list[Step] = []
        for group in range(groups):
            for number, verb in enumerate(("open", "check", "build", "test", "save")):
                edges = [Edge(steps[-1].name)] if number else []
                if group > 2 and number == 2:
                    edges.append(Edge(f"part{group - 3}.save", ("model",)))
                elif group and not number:
                    edges.append(Edge(f"part{group - 1}.build"))
                after = dict.fromkeys(edge.source for edge in edges)
                if order is Order.PROGRAM and steps:
                    after[steps[-1].name] = None
                steps.append(
                    Step(
                        name=f"part{group}.{verb}",
                        edges=tuple(edges),
                        after=tuple(after),
                        group=(f"make_part{group}",),
                        parameters=("seed",) if number == 2 else (),
                        doc=f"Do the {verb} of it." if number % 2 else None,
                    )
                )
        paths = tuple(Group((f"make_part{group}",)) for group in range(groups))
        return StepGraph(steps=tuple(steps), groups=paths, order=order)

    return make


def attempt(number: int, state: StepState, begin: float, end: float | None) -> AttemptStatus:
    is_bad = state in (StepState.FAILED, StepState.CRASHED)
    code = {StepState.FAILED: 1, StepState.CRASHED: -9, StepState.RUNNING: None}.get(state, 0)
    return AttemptStatus(
        attempt=number,
        state=state,
        error=ERROR if is_bad else None,
        exit_code=code,
        host="worker-3",
        pid=4211 + number,
        started_at=START + timedelta(seconds=begin),
        ended_at=None if end is None else START + timedelta(seconds=end),
    )


@pytest.fixture(scope="session")
def failed(penguins: StepGraph) -> RunReport:
    """Make the report of a run whose fit failed three times."""
    good, bad = StepState.SUCCEEDED, StepState.FAILED
    run = Run(
        ref=RunRef("PrefectOrchestrator", "penguins", "9b1c/7"),
        state=RunState.FAILED,
        engine_state="TimedOut",
        url="http://127.0.0.1:4200/runs/1",
        created_at=START - timedelta(seconds=3),
        started_at=START,
        ended_at=START + timedelta(seconds=41.7),
    )
    crashed = attempt(0, StepState.CRASHED, 0, 2)
    tries = tuple(attempt(n, bad, 10 + 12 * n, 15 + 12 * n) for n in range(3))
    names = [step.name for step in penguins.steps[4:]]
    steps = (
        StepStatus(name="process.load", state=good, attempts=(crashed, attempt(1, good, 4, 7.5))),
        StepStatus(name="process.clean", state=good, attempts=(attempt(0, good, 7.6, 9),)),
        StepStatus(name="process.split", state=good, attempts=(attempt(0, good, 9.1, 9.15),)),
        StepStatus(name="train.fit", state=bad, attempts=tries),
        *(StepStatus(name=name, state=StepState.SKIPPED) for name in names),
    )
    return RunReport(
        run=run,
        deployment=Deployment(
            orchestrator="PrefectOrchestrator",
            name="penguins",
            project="birds",
            package_digest="ab" * 32,
            deployment_digest="cd" * 32,
            storage="file:///srv/lolpop",
        ),
        graph=penguins,
        status=RunStatus(
            run=run,
            source=StatusSource.ENGINE,
            steps=steps,
            failed_step="train.fit",
            error=ERROR,
        ),
        parameters={"seed": 7},
        logs={
            ("process.load", 1): "read 344 rows\n",
            ("train.fit", 2): f"fitting\nTraceback:\n{ERROR}\n",
        },
        artifacts={
            "process.load": ArtifactView(
                type_name="pandas.DataFrame",
                kind="pickle",
                size=48_123,
                digest="ef" * 32,
                preview="   species\n0  Adelie",
            )
        },
        generated_at=START + timedelta(seconds=60),
    )
