"""Which step may start next, against the plainest way of saying so."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from lolpop.contract import Order, Step, StepGraph
from lolpop.local.walk import Walk


@st.composite
def graphs(draw: st.DrawFn) -> StepGraph:
    steps: list[Step] = []
    for number in range(draw(st.integers(0, 12))):
        names = [step.name for step in steps]
        after = draw(st.lists(st.sampled_from(names), max_size=4)) if names else []
        steps.append(Step(name=f"step.{number}", after=tuple(after)))
    return StepGraph(steps=tuple(steps), order=Order.DATA)


@given(graphs(), st.data())
def test_any_graph_in_any_order_of_ends(graph: StepGraph, data: st.DataObject) -> None:
    walk = Walk(graph)
    running: list[str] = []
    seen: set[str] = set()
    done: set[str] = set()
    failed: list[str] = []
    while True:
        while name := walk.take():
            running.append(name)
            seen.add(name)
        ready = {step.name for step in graph.steps if done.issuperset(step.after)}
        assert seen == ready
        if not running:
            break
        name = running.pop(data.draw(st.integers(0, len(running) - 1)))
        if data.draw(st.booleans()):
            walk.end(name, None)
            done.add(name)
        else:
            walk.end(name, f"{name} broke")
            failed.append(name)
    names = [step.name for step in graph.steps]
    assert walk.complete == (len(done) == len(names))
    first = min(failed, key=names.index, default=None)
    assert walk.failure == ((first, f"{first} broke") if first else None)


def test_what_may_start_comes_in_program_order() -> None:
    steps = [Step(name="a"), Step(name="b", after=("a",)), Step(name="c"), Step(name="d")]
    walk = Walk(StepGraph(steps=tuple(steps), order=Order.DATA))
    assert (walk.take(), walk.take()) == ("a", "c")
    walk.end("a", None)
    assert [walk.take(), walk.take(), walk.take()] == ["b", "d", None]


def test_a_long_chain_takes_no_longer_per_step() -> None:
    def seconds(length: int) -> float:
        steps = [Step(name="s0")]
        steps += [Step(name=f"s{n}", after=(f"s{n - 1}",)) for n in range(1, length)]
        walk = Walk(StepGraph(steps=tuple(steps)))
        start = time.perf_counter()
        while name := walk.take():
            walk.end(name, None)
        assert walk.complete
        return time.perf_counter() - start

    short = min(seconds(500) for _ in range(5))
    assert min(seconds(5000) for _ in range(5)) < 50 * short
