"""Random compositions give the same, run plainly and as their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lolpop.errors import WorkflowError

_CONSTANTS = st.sampled_from(
    ["1", "'t'", "NAMES", "self.config.number", "(1, [2])", "{'k': 1}", "None", "f'{LIMIT}-{n}'"]
)
_NAMES = st.sampled_from(["a", "b", "c", "seed"])
_TARGETS = st.sampled_from(["self.one", "self.other", "self.two"])


@st.composite
def _values(draw: st.DrawFn) -> str:
    value = draw(_NAMES | _CONSTANTS)
    shapes = ["{}", "[{}, n]", "{{'k': {}}}", "({}, 2)", "[{} for i in range(2)]"]
    return draw(st.sampled_from(shapes)).format(value)


@st.composite
def _calls(draw: st.DrawFn) -> str:
    method = draw(st.sampled_from(["make", "make", "table", "pair", "helper", "other_helper"]))
    arguments = draw(st.lists(_values(), min_size=1, max_size=1 if method == "table" else 3))
    if method.endswith("helper"):
        return f"self.{method}({arguments[0]}, n)"
    return f"{draw(_TARGETS)}.{method}({', '.join(arguments)})"


_LINES = st.sampled_from(
    [
        "{n} = {c}",
        "{n}, {m} = self.one.pair({v})",
        "{n}, ({m}, x) = self.two.pair({v}, 1)",
        "{n} = self.one.table({v})['x']",
        "{n} = {{k: {c} for k in NAMES}}",
        "{n} = [{c} for n, _ in enumerate(NAMES) if n]",
        "items.append({v})",
        "items += [{c}]",
        "found[n] = {v}",
        "print('now', {n}, f'{{{m}}}')",
        "if n % 2: {n} = {c}",
        "{n} = {c} if self.config.flag else {v}",
        "if {n}: {m} = {c}",
        "{n} = str({m})",
        "if n > 2: return items, {v}",
        "{n} = (lambda: {v})()",
    ]
)


@st.composite
def _blocks(draw: st.DrawFn, depth: int = 0) -> list[str]:
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        if depth < 2 and draw(st.integers(0, 4)) == 0:
            head = draw(
                st.sampled_from(["for n in range(2):", "if LIMIT == 3:", "for n, z in [(3, 4)]:"])
            )
            lines += [head, *(f"    {line}" for line in draw(_blocks(depth + 1)))]
            continue
        names = {"n": draw(_NAMES), "m": draw(_NAMES)}
        lines.append(draw(_LINES).format(c=draw(_calls()), v=draw(_values()), **names))
    return lines


_HEAD = "a = b = c = None\nn = 0\nitems = []\nfound = {{}}\n".replace("{{}}", "{}")


@st.composite
def _flows(draw: st.DrawFn) -> tuple[str, str]:
    body = "\n".join([_HEAD, *draw(_blocks()), f"return items, found, a, {draw(_values())}"])
    helper = "\n    ".join(draw(_blocks(1)))
    members = [
        "def other_helper(self, seed, n):\n    return self.one.make(seed), [n]",
        f"def helper(self, seed, n, depth=0):\n    {_HEAD.replace(chr(10), chr(10) + '    ')}",
    ]
    inner = helper.replace("self.helper(", "self.other_helper(")
    return body, f"{members[0]}\n\n{members[1]}{inner}\n    return a, items\n"


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=_flows())
def test_the_graph_gives_what_plain_execution_gives(
    made: tuple[str, str], flow: Callable[..., Any]
) -> None:
    body, members = made
    workflow = flow(body, members)
    expected = _outcome(lambda: workflow.plainly(seed=5))
    graph = workflow.graph()
    again = workflow.graph(order="data")
    assert [step.name for step in again.steps] == [step.name for step in graph.steps]
    assert _outcome(lambda: workflow.as_steps(graph, seed=5)) == expected
    assert _outcome(lambda: workflow.as_steps(again, seed=5)) == expected


def _outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except (TypeError, KeyError, ValueError, IndexError, AttributeError) as error:
        return type(error)
    except WorkflowError as error:
        return ValueError if "the runner" in error.message else error
