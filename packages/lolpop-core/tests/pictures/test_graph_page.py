from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from time import process_time
from typing import Any

import pytest

from lolpop.contract import Collapse, Edge, Group, Order, Step, StepGraph, StepSettings
from lolpop.pictures.graph import page

EVIL = "</script><script>alert('1')</script>]]>\"'&<img src=x onerror=alert(1)>\x00\ud800"


def test_the_page_shows_every_step_once_and_links_to_its_row(
    penguins: StepGraph, settings: dict[str, StepSettings], read: Any
) -> None:
    shown = read(page(penguins, settings, "PenguinRunner"))
    cards = shown.all("a", "step")
    assert [card.attributes["href"] for card in cards] == [f"#s{n}" for n in range(8)]
    names = [text.text for text in shown.all("text", "name")]
    assert names == [step.name for step in penguins.steps]
    assert [row.attributes.get("id") for row in shown.all("tr")[1:]] == [f"s{n}" for n in range(8)]
    assert shown.all("h1")[0].text == "PenguinRunner"
    assert shown.all("p", "lead")[0].text == (
        "8 steps in 0 groups, 1 collapsed; one step after the other, as the runner calls them"
    )


def test_a_remark_stands_beside_the_number_of_steps(penguins: StepGraph, read: Any) -> None:
    shown = read(page(penguins, {}, "x", "8 of 9 calls became steps (89 %)"))
    assert shown.all("p", "lead")[0].text == (
        "8 steps in 0 groups, 1 collapsed; 8 of 9 calls became steps (89 %);"
        " one step after the other, as the runner calls them"
    )


def test_the_table_has_the_columns_that_hold_something(
    penguins: StepGraph, settings: dict[str, StepSettings], grouped: Any, read: Any
) -> None:
    def columns(text: str) -> list[str]:
        return [each.text for each in read(text).all("th") if each.attributes["scope"] == "col"]

    every = ["step", "group", "reads", "starts after", "retries and time-out", "source"]
    assert columns(page(penguins, settings, "x")) == [*every[:1], *every[2:]]
    assert columns(page(grouped(2, Order.DATA), {}, "x")) == ["step", "group", "reads"]
    assert columns(page(StepGraph(steps=(Step(name="a"),)), {}, "x")) == ["step"]


def test_data_and_order_are_told_apart_and_named(penguins: StepGraph, read: Any) -> None:
    shown = read(page(penguins, {}, "x"))
    data = [each.text for each in shown.all("path", "data") if each.text]
    assert data == [
        "process.clean reads process.load",
        "process.split reads process.clean",
        "train.fit reads process.split[0]",
        "predict.predict reads train.fit",
        "predict.predict reads process.split[1]",
        "train.evaluate reads predict.predict",
        "predict.write reads predict.predict",
        "train.write reads train.evaluate",
    ]
    assert [each.text for each in shown.all("path", "order") if each.text] == [
        "predict.write starts after train.evaluate",
        "train.write starts after predict.write",
    ]
    assert [each.text for each in shown.all("text", "element")] == ["[0]", "[1]"]


def test_retries_parameters_and_collapses_stand_in_the_picture(
    penguins: StepGraph, settings: dict[str, StepSettings], read: Any
) -> None:
    shown = read(page(penguins, settings, "x"))
    badges = [each.text for each in shown.all("text", "badge")]
    assert badges == ["1 retry", "seed", "2 retries", "≤ 1 h", "seed"]
    note = " ".join(each.text for each in shown.all("text", "note"))
    assert note == "not split, runner.py:31: `training` is tested by an `if`"
    fit = shown.all("a", "collapsed")[0]
    assert fit.attributes["aria-label"] == (
        "step train.fit; Fit the model.; 2 retries, ≤ 1 h; "
        "not split, runner.py:31: `training` is tested by an `if`"
    )
    assert shown.all("div", "remark")[0].text == (
        "train.fit at penguins/runner.py:31"
        "`training` is tested by an `if`"
        "To split it: move the test into a pipeline"
    )


def test_the_legend_explains_what_is_there_and_nothing_else(
    penguins: StepGraph, settings: dict[str, StepSettings], grouped: Any, read: Any
) -> None:
    assert [each.text for each in read(page(penguins, settings, "x")).all("li")] == [
        "the lower step reads the upper one's output, or the element beside the tip",
        "order only: nothing is read",
        "retries, time-out of an attempt",
        "a parameter of the run",
        "could not be split, and why",
    ]
    assert [each.text for each in read(page(grouped(2, Order.DATA), settings, "x")).all("li")] == [
        "the lower step reads the upper one's output",
        "a method of the runner",
        "a parameter of the run",
    ]


def test_the_picture_has_a_text_for_those_who_cannot_see_it(grouped: Any, read: Any) -> None:
    shown = read(page(grouped(12), {}, "Big"))
    svg = shown.all("svg", "graph")[0]
    assert svg.attributes["aria-labelledby"] == "graph-title graph-desc"
    texts = {each.attributes.get("id"): each.text for each in shown.elements}
    assert texts["graph-title"] == "The steps of Big"
    assert texts["graph-desc"] == "60 steps in 12 groups; the steps are listed in words below."
    assert all(card.attributes["aria-label"] for card in shown.all("a", "step"))
    assert shown.all("html")[0].attributes["lang"] == "en"


def evil() -> StepGraph:
    step = Step(name=EVIL, group=(EVIL,), doc=EVIL, source=EVIL, parameters=(EVIL,))
    reader = Step(name="b", after=(EVIL,), edges=(Edge(EVIL, (EVIL,)),), group=(EVIL,))
    collapse = Collapse(step=EVIL, file=EVIL, line=1, reason=EVIL, hint=EVIL)
    return StepGraph(steps=(step, reader), groups=(Group((EVIL,), EVIL),), collapses=(collapse,))


def test_nothing_that_is_shown_becomes_markup(read: Any) -> None:
    text = page(evil(), {EVIL: StepSettings(1)}, EVIL)
    shown = read(text)
    assert len(shown.all("script")) == 1
    assert not shown.all("img")
    assert not [name for each in shown.elements for name in each.attributes if name[:2] == "on"]
    assert "</script><script>alert('1')</script>]]>\"'&<img src=x" in shown.all("h1")[0].text
    text.encode("utf-8")


@pytest.mark.parametrize("name", ["penguins", "grouped", "evil"])
def test_the_page_refers_to_nothing_outside_itself(
    name: str, penguins: StepGraph, grouped: Any, read: Any
) -> None:
    graph = {"penguins": penguins, "grouped": grouped(12), "evil": evil()}[name]
    text = page(graph, {}, "x")
    shown = read(text)
    assert "//" not in re.sub(r"</?\w", "", text)
    assert not shown.all("link")
    assert not {"src", "srcset", "action", "xlink:href"} & {
        key for each in shown.elements for key in each.attributes
    }
    assert all(each.attributes["href"].startswith("#") for each in shown.all("a"))


def test_the_policy_admits_the_page_s_own_script_alone(penguins: StepGraph, read: Any) -> None:
    shown = read(page(penguins, {}, "x"))
    policy = next(each for each in shown.all("meta") if "http-equiv" in each.attributes)
    digest = b64encode(sha256(shown.all("script")[0].text.encode()).digest()).decode()
    assert policy.attributes["content"] == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def test_a_workflow_without_steps_says_so(read: Any) -> None:
    shown = read(page(StepGraph(steps=()), {}, "Empty"))
    assert shown.all("main")[0].text == "The workflow has no steps."


def test_the_same_graph_gives_the_same_bytes(penguins: StepGraph, grouped: Any) -> None:
    for graph in (penguins, grouped(12)):
        assert page(graph, {}, "x") == page(graph, {}, "x")


def flat(count: int) -> StepGraph:
    """Make a chain whose steps read from far away too."""
    steps: list[Step] = []
    for number in range(count):
        sources = {number - 1, number // 2, number * 7 % (number or 1)} - {-1, number}
        names = tuple(f"step{each}" for each in sorted(sources))
        edges = tuple(Edge(name) for name in names)
        steps.append(Step(name=f"step{number}", after=names, edges=edges, doc="Do it."))
    return StepGraph(steps=tuple(steps))


@pytest.mark.parametrize("kind", ["grouped", "flat"])
def test_a_thousand_steps_are_drawn_in_two_seconds(kind: str, grouped: Any) -> None:
    graph = grouped(200) if kind == "grouped" else flat(1000)
    begin = process_time()
    page(graph, {}, "Huge")
    assert process_time() - begin < 2
