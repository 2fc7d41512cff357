from __future__ import annotations

from itertools import combinations, pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lolpop.contract import Edge, Group, Order, Step, StepGraph
from lolpop.pictures import words
from lolpop.pictures.cards import cards
from lolpop.pictures.layout import Area, Drawing, lay_out
from lolpop.pictures.spacing import spread

moderate = settings(max_examples=60, deadline=None)
PATHS = [(), ("a",), ("a", "b"), ("a", "b", "c"), ("a", "d"), ("e",), ("f" * 90,)]


@st.composite
def graphs(draw: st.DrawFn) -> StepGraph:
    """Draw any graph that the contract admits, groups in pieces included."""
    count = draw(st.integers(1, 20))
    order = draw(st.sampled_from(Order))
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=count, max_size=count))
    if draw(st.booleans()):
        paths.sort()
    steps: list[Step] = []
    for number, path in enumerate(paths):
        sources = draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        waits = draw(st.sets(st.integers(0, number - 1), max_size=1)) if number else set()
        if order is Order.PROGRAM and number:
            waits.add(number - 1)
        edges = tuple(Edge(steps[each].name, (0,) if each % 2 else ()) for each in sorted(sources))
        after = tuple(steps[each].name for each in sorted(sources | waits))
        doc = draw(st.sampled_from([None, "Do it.", "Do what nobody else has ever done so well."]))
        name = f"step{'x' * draw(st.integers(0, 30))}{number}"
        steps.append(Step(name=name, group=path, edges=edges, after=after, doc=doc))
    groups = {path[:end] for path in paths for end in range(1, len(path) + 1)}
    return StepGraph(
        steps=tuple(steps), groups=tuple(Group(path) for path in sorted(groups)), order=order
    )


def drawing(graph: StepGraph) -> Drawing:
    return lay_out(graph, [(card.width, card.height) for card in cards(graph, {})])


def overlap(one: Area, other: Area) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def holds(outer: Area, inner: Area) -> bool:
    across = outer.x <= inner.x and inner.x + inner.width <= outer.x + outer.width + 1e-6
    return across and outer.y <= inner.y and inner.y + inner.height <= outer.y + outer.height


@moderate
@given(graphs())
def test_boxes_stand_apart_or_within_each_other(graph: StepGraph) -> None:
    shown = drawing(graph)
    whole = Area(0, 0, shown.width, shown.height)
    groups = [area for _, area in shown.groups]
    assert all(holds(whole, area) for area in (*shown.steps, *groups))
    assert not any(overlap(one, other) for one, other in combinations(shown.steps, 2))
    for one, other in combinations(groups, 2):
        assert holds(one, other) or holds(other, one) or not overlap(one, other)
    for step, area in zip(graph.steps, shown.steps, strict=True):
        around = [path for path, group in shown.groups if holds(group, area)]
        assert sorted(around) == [step.group[:end] for end in range(1, len(step.group) + 1)]
        assert not any(overlap(each, area) and not holds(each, area) for each in groups)


@moderate
@given(graphs())
def test_every_edge_leads_down_or_to_the_right_and_touches_what_it_joins(
    graph: StepGraph,
) -> None:
    shown = drawing(graph)
    for route in shown.routes:
        first, last = route.ways[0], route.ways[-1]
        if route.is_sideways:
            assert first.x < last.x
        else:
            heights = [height for way in route.ways for height in (way.upper, way.lower)]
            assert heights == sorted(heights)
            assert heights[0] < heights[-1]
        assert all(0 <= way.x <= shown.width for way in route.ways)
        if route.is_data:
            source, target = shown.steps[route.source], shown.steps[route.target]
            if route.is_sideways:
                assert first.x == pytest.approx(source.x + source.width)
                assert last.x == pytest.approx(target.x)
                assert first.upper < min(source.y + source.height, target.y + target.height)
            else:
                assert source.x < first.x < source.x + source.width
                assert target.x < last.x < target.x + target.width
                assert first.upper == pytest.approx(source.y + source.height)
                assert last.lower == pytest.approx(target.y)


@moderate
@given(graphs())
def test_edges_lead_around_the_boxes(graph: StepGraph) -> None:
    shown = drawing(graph)
    for route in shown.routes:
        if route.is_sideways or route.is_far:
            continue
        for way in route.ways:
            for area in shown.steps:
                is_across = area.x < way.x < area.x + area.width
                assert not (is_across and way.upper < area.y + area.height and area.y < way.lower)


@moderate
@given(graphs())
def test_every_edge_is_drawn(graph: StepGraph) -> None:
    routes = drawing(graph).routes
    names = [step.name for step in graph.steps]
    found = [(names[route.source], names[route.target]) for route in routes if route.is_data]
    assert found == [(source, step.name) for step in graph.steps for source in step.inputs]
    if not graph.groups:
        waits = {(names[each.source], names[each.target]) for each in routes if not each.is_data}
        expected = {(name, step.name) for step in graph.steps for name in words.order_only(step)}
        assert waits == expected


@given(graphs())
@settings(max_examples=20, deadline=None)
def test_the_same_graph_gives_the_same_drawing(graph: StepGraph) -> None:
    assert drawing(graph) == drawing(graph)


def test_a_chain_within_a_group_is_read_like_a_text(grouped: Any) -> None:
    shown = drawing(grouped(12))
    rows = {area.y for area in shown.steps}
    assert len(rows) == 12
    assert shown.width < 1300
    assert [area.x for area in shown.steps[:5]] == sorted(area.x for area in shown.steps[:5])


def test_a_chain_at_the_top_stands_in_a_column(penguins: StepGraph) -> None:
    shown = drawing(penguins)
    assert [area.y for area in shown.steps] == sorted(area.y for area in shown.steps)
    assert len({area.y for area in shown.steps}) == 7
    assert shown.width < 600


def test_a_wide_graph_is_broken_into_rows() -> None:
    fits = [Step(name=f"fit{n}", after=("load",), edges=(Edge("load", (n,)),)) for n in range(40)]
    names = tuple(step.name for step in fits)
    choose = Step(name="choose", after=names, edges=tuple(Edge(name) for name in names))
    shown = drawing(StepGraph(steps=(Step(name="load"), *fits, choose), order=Order.DATA))
    assert shown.width < 1500
    tips = {route.ways[-1] for route in shown.routes if route.target == 41}
    assert len(tips) == 1, "forty edges into one step come as one bundle"


def test_what_nothing_leads_to_stands_in_program_order() -> None:
    widths = [9, 30, 3, 20]
    graph = StepGraph(steps=tuple(Step(name="x" * width) for width in widths), order=Order.DATA)
    areas = drawing(graph).steps
    assert all(one.x < other.x and one.y == other.y for one, other in pairwise(areas))


@pytest.mark.parametrize("order", Order)
def test_a_thousand_steps_are_laid_out_in_time(grouped: Any, order: Order) -> None:
    graph = grouped(200, order)
    begin = process_time()
    shown = drawing(graph)
    assert process_time() - begin < 2
    assert len(shown.steps) == 1000


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 10), st.floats(1, 100)), min_size=1))
@moderate
def test_spread_keeps_apart_and_moves_nobody_without_need(
    slots: list[tuple[float, float, float]],
) -> None:
    wanted, weights, room = ([each[n] for each in slots] for n in range(3))
    places = spread(wanted, weights, room)
    apart = [other - one for one, other in pairwise(places)]
    assert all(found >= least - 1e-6 for found, least in zip(apart, room[1:], strict=True))
    assert spread(places, weights, room) == pytest.approx(places, abs=1e-6)
    drift = sum(w * (p - d) for w, p, d in zip(weights, places, wanted, strict=True))
    assert drift == pytest.approx(0, abs=1e-3)


def test_an_edge_over_very_many_rows_leads_on_behind_the_boxes() -> None:
    steps = [Step(name="step0", doc="d" * 30)]
    for number in range(1, 300):
        names = (steps[-1].name,) if number < 299 else ("step0", steps[-1].name)
        edges = tuple(Edge(name) for name in names)
        steps.append(Step(name=f"step{number}", after=names, edges=edges, doc="d" * 30))
    shown = drawing(StepGraph(steps=tuple(steps)))
    far = [route for route in shown.routes if route.is_far]
    assert [(route.source, route.target) for route in far] == [(0, 299)]
