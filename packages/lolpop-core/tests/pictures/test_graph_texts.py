from __future__ import annotations

from typing import Any

from rich.console import Console

from lolpop.contract import Collapse, Edge, Group, Order, Step, StepGraph, StepSettings
from lolpop.pictures.graph import mermaid, tree

ODD = 'say "hi" <b>&`#;\n|x|'


def lines(graph: StepGraph, settings: dict[str, StepSettings]) -> list[str]:
    console = Console(width=140, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(tree(graph, settings))
    return [line.rstrip() for line in capture.get().splitlines()]


def small() -> StepGraph:
    return StepGraph(
        steps=(
            Step(name="load", parameters=("seed",)),
            Step(name="fit", after=("load",), edges=(Edge("load", (0,)),), group=("learn",)),
            Step(
                name="fit[2]",
                after=("load", "fit"),
                edges=(Edge("load", (1, "x")),),
                group=("learn", "again"),
            ),
        ),
        groups=(Group(("learn",)), Group(("learn", "again"))),
        collapses=(
            Collapse(step="fit", file="flow.py", line=7, reason="a clock", hint="pass the time"),
            Collapse(step="fit[2]", file="flow.py", line=9, reason="[bold]a file[/bold]"),
        ),
    )


def test_the_tree_shows_all_there_is_to_know() -> None:
    settings = {"load": StepSettings(1), "fit": StepSettings(2, 10, 90)}
    assert lines(small(), settings) == [
        "steps in program order",
        "├── load  reads parameter seed  [1 retry]",
        "├── learn",
        "│   ├── fit  reads load[0]  [2 retries after 10 s, time-out 1 m 30 s]",
        "│   │   ├── not split: flow.py:7: a clock",
        "│   │   └── hint: pass the time",
        "│   └── again",
        "│       └── fit[2]  reads load[1]['x']  after fit",
        "│           └── not split: flow.py:9: [bold]a file[/bold]",
        "└── 3 steps in 2 groups, 2 collapsed",
    ]


def test_the_tree_of_one_step_and_of_none() -> None:
    one = StepGraph(steps=(Step(name="run"),), order=Order.DATA)
    assert lines(one, {}) == [
        "steps in data order",
        "├── run",
        "└── 1 step in 0 groups, 0 collapsed",
    ]
    assert lines(StepGraph(steps=()), {}) == [
        "steps in program order",
        "└── 0 steps in 0 groups, 0 collapsed",
    ]


def test_the_tree_writes_no_control_character() -> None:
    assert "\x1b" not in "".join(lines(StepGraph(steps=(Step(name="a\x1b[31mb"),)), {}))


def test_mermaid_shows_groups_data_order_and_settings() -> None:
    settings = {"fit": StepSettings(2, 10, 90)}
    assert mermaid(small(), settings).splitlines() == [
        "flowchart TD",
        '    s0["load"]',
        '    subgraph g0["learn"]',
        '        s1["fit<br/>2 retries after 10 s<br/>time-out 1 m 30 s"]',
        '        subgraph g1["again"]',
        '            s2["fit[2]"]',
        "        end",
        "    end",
        '    s0 -->|"[0]"| s1',
        "    s0 -->|\"[1]['x']\"| s2",
        "    s1 -.-> s2",
        "    classDef collapsed stroke:#e0a030,stroke-dasharray:5 4",
        "    class s1,s2 collapsed",
    ]


def test_mermaid_escapes_odd_names() -> None:
    graph = StepGraph(
        steps=(Step(name=ODD, group=("end",)), Step(name="é")), groups=(Group(("end",)),)
    )
    assert mermaid(graph, {}).splitlines() == [
        "flowchart TD",
        '    subgraph g0["end"]',
        '        s0["say #34;hi#34; #60;b#62;#38;#96;#35;#59;#10;#124;x#124;"]',
        "    end",
        '    s1["#233;"]',
    ]


def test_mermaid_of_no_steps_is_an_empty_chart() -> None:
    assert mermaid(StepGraph(steps=()), {}) == "flowchart TD\n"


def test_a_group_in_pieces_is_drawn_as_several(grouped: Any) -> None:
    steps = tuple(Step(name=str(n), group=("g",) if n != 1 else ()) for n in range(3))
    text = mermaid(StepGraph(steps=steps, groups=(Group(("g",)),)), {})
    assert text.count("subgraph") == 2
    assert 'subgraph g0["g"]' in text
    assert 'subgraph g1["g"]' in text
