"""What steps leave behind on objects and in arguments, and what doesn't count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CONFIG = "runner: Flow\nmodules: [MODULE]\npipelines: {p: P, q: Q}\ncomponents: {c: C}\n"
RUN = "self.p.one(1)\nself.p.two(2)\nself.q.three(3)\n"


def _source(
    one: str, two: str = "return x", three: str = "return x", more: str = "", c: str = ""
) -> str:
    return f"""
class P(lolpop.Pipeline):
    def __init__(self):
        self.kept = None
        self.many = []

    def one(self, x):
        {one}

    def two(self, x):
        {two}

    {more}


class Q(lolpop.Pipeline):
    def three(self, x):
        {three}


class C(lolpop.Component):
    def __init__(self):
        self.seen = []

    def note(self, x):
        self.seen.append(x)

    def all(self):
        return list(self.seen)
    {c}


class Flow(lolpop.Runner):
    def run(self):
        a = self.p.one(1)
        b = self.p.two(2)
        return a, b, self.q.three(3)
"""


SHARED = {
    "assigned": ("self.kept = x", "return self.kept"),
    "added": ("self.kept = 1; self.many.append(x)", "return self.many"),
    "aliased": ("many = self.many; many.append(x)", "return len(self.many)"),
    "item": ("self.many[:0] = [x]", "return self.many"),
    "set by name": ("setattr(self, 'kept', x)", "return getattr(self, 'kept')"),
    "through a component": ("self.c.note(x)", "return self.c.all()"),
    "attribute of a component": ("self.c.seen.append(x)", "return self.c.seen"),
    "through a helper": ("self._keep(x)", "return self._kept()"),
    "fitted": ("self.many.clear()", "return self.many"),
    "handed away": ("vars(self)['kept'] = x", "return self.kept"),
    "deleted": ("del self.many", "return hasattr(self, 'many') and self.many"),
    "conditional": ("\n        if x: self.kept = x", "return self.kept"),
    "cached result": (
        "\n        if self.kept is None: self.kept = x\n        return self.kept",
        "return x",
    ),
}
HELPERS = "def _keep(self, x): self.kept = x\n\n    def _kept(self): return self.kept"


@pytest.mark.parametrize("name", SHARED)
def test_state_between_steps_collapses(name: str, written: Callable[..., Any]) -> None:
    flow = written(
        _source(*SHARED[name], more=HELPERS) + "\nLOG = []\n", CONFIG, prelude="import lolpop\n"
    )
    if name == "cached result":
        source = (flow.folder / f"{flow.module}.py").read_text()
        (flow.folder / f"{flow.module}.py").write_text(
            source.replace("self.p.two(2)", "self.p.one(2)")
        )
    graph = flow.same()
    assert [step.name for step in graph.steps] == ["run"]


NO_STATE = {
    "nothing": ("return x", "return x"),
    "own use": ("self.kept = x; return self.kept", "return x"),
    "set before use": ("self.kept = x; return self.kept", "self.kept = x; return self.kept"),
    "lazy": (
        "return self._client()",
        "return self._client()",
        "def _client(self):\n        if self.kept is None:\n            self.kept = [1]\n"
        "        return self.kept",
    ),
    "lazy with an early return": (
        "return self._client()",
        "return self._client()",
        "def _client(self):\n        if self.kept is not None:\n            return self.kept\n"
        "        self.kept = [1]\n        return self.kept",
    ),
    "lazy by or": (
        "self.kept = self.kept or [1]; return self.kept",
        "self.kept = self.kept or [1]; return self.kept",
    ),
    "cached property": (
        "return self.client",
        "return self.client",
        "@functools.cached_property\n    def client(self): return [1]",
    ),
    "only read": ("return self.many", "return self.many"),
}


@pytest.mark.parametrize("name", NO_STATE)
def test_what_is_no_state_splits(name: str, written: Callable[..., Any]) -> None:
    one, two, *more = NO_STATE[name]
    source = _source(one, two, more=more[0] if more else "")
    flow = written(source + "\nLOG = []\n", CONFIG, prelude="import functools\n\nimport lolpop\n")
    assert [step.name for step in flow.same().steps] == ["p.one", "p.two", "q.three"]


def test_a_peer_that_shares_a_component_counts(written: Callable[..., Any]) -> None:
    source = _source("self.c.note(x)", "return x", "return self.c.all()")
    flow = written(source + "\nLOG = []\n", CONFIG, prelude="import lolpop\n")
    found = [text.replace(f"{flow.module}.py", "FILE") for text in flow.collapses()]
    assert found == [
        "run: self.seen.append(x): 'p.one' writes c.seen (FILE:27), which 'q.three' reads (FILE:30)"
        " (return it and hand it over as an argument, or say that it doesn't matter:"
        " steps: {p.one: {stateless: true}})"
    ]
    assert len(flow.same().steps) == 1
    assert len(flow.graph(stateless=lambda name: name == "p.one").steps) == 3


IN_PLACE = """
class P(lolpop.Pipeline):
    def load(self): return {"a": 1}
    def change(self, table): table["b"] = 2
    def add(self, items, x): items.append(x)
    def copied(self, table):
        table = dict(table)
        table["b"] = 2
        return table
    def show(self, table): return sorted(table)

class Flow(lolpop.Runner):
    def run(self):
        table = self.p.load()
        BODY

LOG = []
"""


def _in_place(written: Callable[..., Any], body: str) -> Any:
    config = "runner: Flow\nmodules: [MODULE]\npipelines: {p: P}\n"
    return written(IN_PLACE.replace("BODY", body), config, prelude="import lolpop\n")


def test_an_output_changed_in_place_and_used_again_collapses(written: Callable[..., Any]) -> None:
    flow = _in_place(written, "self.p.change(table); return self.p.show(table)")
    assert flow.same().steps[0].name == "run"
    found = [text.replace(f"{flow.module}.py", "FILE") for text in flow.collapses()]
    assert found == [
        "run: def change(self, table): table[\"b\"] = 2: 'p.change' changes its argument 'table'"
        " in place (FILE:5), which 'p.show' uses afterwards"
        " (let the method return a changed copy, and use that)"
    ]


def test_an_output_changed_in_place_and_returned_collapses(written: Callable[..., Any]) -> None:
    assert [
        s.name for s in _in_place(written, "self.p.change(table); return table").same().steps
    ] == ["run"]


def test_a_changed_copy_splits(written: Callable[..., Any]) -> None:
    flow = _in_place(written, "return self.p.copied(table), self.p.show(table)")
    assert len(flow.same().steps) == 3


def test_a_list_of_the_runner_that_a_step_fills_collapses(written: Callable[..., Any]) -> None:
    flow = _in_place(written, "items = []; self.p.add(items, table); return items")
    assert flow.same().steps[0].name == "run"
    (found,) = flow.graph().collapses
    assert found.reason == f"hands 'items' to p.add, which changes it ({flow.module}.py:6)"
    assert found.hint == "let the method return what it makes, and use that"


RUNNERS = {
    "read after": ("self.work()\n        return self.two.make(self.state)", ["run"]),
    "read before": ("self.two.make(self.state)\n        self.work()", ["two.make", "work"]),
}


@pytest.mark.parametrize("name", RUNNERS)
def test_what_a_collapsed_method_leaves_on_the_runner(
    name: str, written: Callable[..., Any]
) -> None:
    body, names = RUNNERS[name]
    source = f"""
class Flow(lolpop.Runner):
    state = 1

    def run(self):
        {body}

    def work(self):
        self.state = 2
"""
    assert [step.name for step in written(source).same().steps] == names


UNMADE = {
    "self.x = 1 / 0": "raises ZeroDivisionError: division by zero",
    "self.x = self.one.make()": "reads .make of the pipeline 'one',"
    " which isn't made before the run",
    "self.x = self.config.secret + 'x'": "calculates with the value of '${env:SECRET}',"
    " which only the run knows",
}


@pytest.mark.parametrize("code", UNMADE)
def test_a_runner_that_cannot_be_made_is_one_step(code: str, flow: Callable[..., Any]) -> None:
    graph = flow("return self.one.make()", f"def __init__(self):\n    {code}").graph()
    assert [step.name for step in graph.steps] == ["run"]
    reason = f"the runner can't be made before the run: its __init__ {UNMADE[code]}"
    assert [each.reason for each in graph.collapses] == [reason]
