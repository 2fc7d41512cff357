"""A step graph as a Mermaid flowchart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

from lolpop.contract import Step, StepGraph, StepSettings
from lolpop.pictures import words
from lolpop.pictures.markup import clean
from lolpop.pictures.nesting import Box, nest

_SPECIAL = re.compile(r"[^\w .,:/()\[\]'-]", re.ASCII)


def mermaid(graph: StepGraph, settings: Mapping[str, StepSettings]) -> str:
    """Write a graph as a Mermaid flowchart.

    Data edges are solid and carry the element that is read; edges of order alone are dotted.

    Args:
        graph: The graph.
        settings: Retries and time-outs by step.
    """
    numbers = {step.name: number for number, step in enumerate(graph.steps)}
    collapsed = [f"s{numbers[each.step]}" for each in graph.collapses if each.step in numbers]
    lines = ["flowchart TD", *_boxes(nest(graph), graph, settings, count(), "    ")]
    for step in graph.steps:
        lines += _edges(step, numbers)
    if collapsed:
        lines.append("    classDef collapsed stroke:#e0a030,stroke-dasharray:5 4")
        lines.append(f"    class {','.join(dict.fromkeys(collapsed))} collapsed")
    return "\n".join(lines) + "\n"


def _boxes(
    box: Box,
    graph: StepGraph,
    settings: Mapping[str, StepSettings],
    numbers: Iterator[int],
    indent: str,
) -> Iterator[str]:
    for child in box.children:
        if child.is_step:
            step = graph.steps[child.first]
            name = _label(step.name, *words.settings(settings.get(step.name, StepSettings())))
            yield f"{indent}s{child.first}[{name}]"
            continue
        yield f"{indent}subgraph g{next(numbers)}[{_label(child.path[-1])}]"
        yield from _boxes(child, graph, settings, numbers, indent + "    ")
        yield f"{indent}end"


def _edges(step: Step, numbers: Mapping[str, int]) -> Iterator[str]:
    target = f"s{numbers[step.name]}"
    for source in step.inputs:
        text = words.elements(step, source)
        element = f"|{_label(text)}|" if text else ""
        yield f"    s{numbers[source]} -->{element} {target}"
    for source in words.order_only(step):
        yield f"    s{numbers[source]} -.-> {target}"


def _label(*lines: str) -> str:
    return '"' + "<br/>".join(_SPECIAL.sub(_entity, clean(line)) for line in lines) + '"'


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"
