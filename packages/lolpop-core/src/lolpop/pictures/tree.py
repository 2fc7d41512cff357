"""A step graph as a tree in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lolpop.contract import Collapse, Step, StepGraph, StepSettings
from lolpop.pictures import words
from lolpop.pictures.markup import clean
from lolpop.pictures.nesting import Box, nest

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree


def tree(graph: StepGraph, settings: Mapping[str, StepSettings]) -> Tree:
    """Show a graph as a tree: groups, steps, what each reads, and what did not split.

    Args:
        graph: The graph.
        settings: Retries and time-outs by step.
    """
    from rich.tree import Tree

    whole = Tree(_text((f"steps in {graph.order.value} order", "bold")))
    collapses = {collapse.step: collapse for collapse in graph.collapses}
    _add(whole, nest(graph), graph, settings, collapses)
    whole.add(_text((total(graph), "bold")))
    return whole


def total(graph: StepGraph) -> str:
    """Say how many steps there are, in how many groups, and how many could not be split."""
    steps, groups = (
        words.counted(len(graph.steps), "step"),
        words.counted(len(graph.groups), "group"),
    )
    return f"{steps} in {groups}, {len(graph.collapses):,} collapsed"


def _add(
    above: Tree,
    box: Box,
    graph: StepGraph,
    settings: Mapping[str, StepSettings],
    collapses: Mapping[str, Collapse],
) -> None:
    for child in box.children:
        if child.is_step:
            step = graph.steps[child.first]
            given = settings.get(step.name, StepSettings())
            _add_step(above, step, given, collapses.get(step.name))
        else:
            group = above.add(_text((child.path[-1], "bold blue")))
            _add(group, child, graph, settings, collapses)


def _add_step(above: Tree, step: Step, settings: StepSettings, collapse: Collapse | None) -> None:
    parts = [(step.name, "bold")]
    if found := words.reads(step):
        parts.append((f"  reads {', '.join(found)}", ""))
    if found := words.order_only(step):
        parts.append((f"  after {', '.join(found)}", "dim"))
    if found := words.settings(settings):
        parts.append((f"  [{', '.join(found)}]", "cyan"))
    branch = above.add(_text(*parts))
    if collapse:
        place = f"{collapse.file}:{collapse.line}"
        branch.add(_text(("not split: ", "yellow"), (f"{place}: {collapse.reason}", "")))
        if collapse.hint:
            branch.add(_text(("hint: ", "green"), (collapse.hint, "")))


def _text(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*((clean(text), look) for text, look in parts))
