"""What a step graph looks like: a tree, a Mermaid flowchart, a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lolpop.contract import Collapse, Order, Step, StepGraph, StepSettings
from lolpop.pictures import markup, words
from lolpop.pictures.markup import Html, join, tag
from lolpop.pictures.mermaid import mermaid
from lolpop.pictures.style import SCRIPT, STYLE
from lolpop.pictures.svg import picture
from lolpop.pictures.tree import total, tree

__all__ = ["mermaid", "page", "picture_of", "tree"]

_ORDERS = {
    Order.PROGRAM: "one step after the other, as the runner calls them",
    Order.DATA: "each step as soon as what it reads is there",
}
_COLUMNS = ("group", "reads", "starts after", "retries and time-out", "source")


def page(
    graph: StepGraph, settings: Mapping[str, StepSettings], title: str, remark: str = ""
) -> str:
    """Write a graph as one self-contained HTML page.

    Args:
        graph: The graph.
        settings: Retries and time-outs by step.
        title: The workflow's name.
        remark: What else is said beside the number of steps.
    """
    lead = "; ".join(filter(None, (total(graph), remark, _ORDERS[graph.order])))
    body = join(
        tag("header", tag("h1", title), tag("p", lead, class_="lead")),
        tag("main", *_main(graph, settings, title)),
    )
    return markup.page(title, STYLE, body, SCRIPT)


def _main(graph: StepGraph, settings: Mapping[str, StepSettings], title: str) -> Iterator[Html]:
    if not graph.steps:
        yield tag("p", "The workflow has no steps.")
        return
    yield picture_of(picture(graph, settings, f"The steps of {title}"))
    yield _legend(graph, settings)
    if graph.collapses:
        yield tag("h2", "What could not be split")
        yield from (_collapse(graph, collapse) for collapse in graph.collapses)
    yield tag("h2", "Steps")
    yield _table(graph, settings)


def picture_of(svg: Html) -> Html:
    """Put a picture into a frame that scrolls if it is too small."""
    return tag("div", svg, class_="picture", tabindex="0", role="region", aria_label="graph")


def _legend(graph: StepGraph, settings: Mapping[str, StepSettings]) -> Html:
    entries = [(_line("edge data"), "the lower step reads the upper one's output")]
    if any(words.elements(step, name) for step in graph.steps for name in step.inputs):
        entries[0] = (entries[0][0], f"{entries[0][1]}, or the element beside the tip")
    if any(words.order_only(step) for step in graph.steps):
        entries.append((_line("edge order"), "order only: nothing is read"))
    if graph.groups:
        entries.append((_swatch("group"), "a method of the runner"))
    if any(words.settings(settings.get(step.name, StepSettings())) for step in graph.steps):
        entries.append((_swatch("badge"), "retries, time-out of an attempt"))
    if any(step.parameters for step in graph.steps):
        entries.append((_swatch("badge parameter"), "a parameter of the run"))
    if graph.collapses:
        entries.append((_swatch("note"), "could not be split, and why"))
    return tag("ul", *(tag("li", sign, text) for sign, text in entries), class_="legend")


def _line(kind: str) -> Html:
    line = tag("path", class_=kind, d="M2 7H38")
    return tag("svg", line, width=44, height=14, aria_hidden="true")


def _swatch(kind: str) -> Html:
    box = tag("rect", class_=kind, x=1, y=1, width=24, height=12, rx=6 if "badge" in kind else 3)
    around = tag("g", box, class_="group") if kind == "group" else box
    return tag("svg", around, width=26, height=14, aria_hidden="true")


def _collapse(graph: StepGraph, collapse: Collapse) -> Html:
    numbers = {step.name: number for number, step in enumerate(graph.steps)}
    target = f"#s{numbers[collapse.step]}" if collapse.step in numbers else None
    return tag(
        "div",
        tag(
            "div",
            tag("a", tag("code", collapse.step), href=target),
            " at ",
            tag("code", f"{collapse.file}:{collapse.line}"),
        ),
        tag("div", collapse.reason),
        tag("div", tag("b", "To split it: "), collapse.hint) if collapse.hint else None,
        class_="remark",
    )


def _table(graph: StepGraph, settings: Mapping[str, StepSettings]) -> Html:
    rows = [_cells(step, settings.get(step.name, StepSettings())) for step in graph.steps]
    used = [number for number in range(len(_COLUMNS)) if any(row[number] for row in rows)]
    names = (tag("th", name, scope="col") for name in ("step", *(_COLUMNS[n] for n in used)))
    body = (
        tag("tr", _head(step), *(tag("td", *_each(row[n])) for n in used), id=f"s{number}")
        for number, (step, row) in enumerate(zip(graph.steps, rows, strict=True))
    )
    table = tag("table", tag("thead", tag("tr", *names)), tag("tbody", *body))
    return tag("div", table, class_="scroll")


def _head(step: Step) -> Html:
    doc = words.summary(step.doc)
    name = tag("div", tag("code", step.name))
    return tag("th", name, tag("div", doc, class_="muted") if doc else None, scope="row")


def _cells(step: Step, settings: StepSettings) -> tuple[list[str], ...]:
    """Give what stands in the columns after the first one, which are left out if all is empty."""
    return (
        ["/".join(step.group)] if step.group else [],
        words.reads(step),
        words.order_only(step),
        words.settings(settings),
        [step.source] if step.source else [],
    )


def _each(texts: list[str]) -> Iterator[Html]:
    yield from (tag("div", tag("code", text)) for text in texts)
