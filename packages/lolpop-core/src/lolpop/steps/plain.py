"""Run a step graph in this process, as its steps: each on objects of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from lolpop.contract.graph import Step, StepGraph
from lolpop.steps.expressions import arguments, check_output, evaluate
from lolpop.steps.references import Key
from lolpop.workflow.assembly import Tree


@dataclass(frozen=True, slots=True)
class Ran:
    """What the steps gave.

    Attributes:
        result: What the entrypoint would have returned.
        outputs: The output of each step, by its name.
    """

    result: Any
    outputs: Mapping[str, Any]


def run_graph(
    graph: StepGraph, build_tree: Callable[[], Tree], parameters: Mapping[str, Any]
) -> Ran:
    """Run the steps in program order; outputs are handed over as the very objects.

    Args:
        graph: The steps.
        build_tree: Makes the objects of the workflow; called for each step.
        parameters: Every parameter of the run; `with_defaults` fills them up.
    """
    outputs: dict[str, Any] = {}

    def output(name: str, keys: tuple[Key, ...]) -> Any:
        return reduce(lambda value, key: value[key], keys, outputs[name])

    for step in graph.steps:
        outputs[step.name] = run_step(step, build_tree(), output, parameters)
    result = None if graph.result is None else evaluate(graph.result, output, parameters)
    return Ran(result, outputs)


def run_step(
    step: Step,
    tree: Tree,
    outputs: Callable[[str, tuple[Key, ...]], Any],
    parameters: Mapping[str, Any],
) -> Any:
    """Run one step on a tree that nothing else uses, and give its output.

    Args:
        step: The step.
        tree: The objects of the workflow.
        outputs: Gives an output, or an element of it, by the step's name and the keys.
        parameters: Every parameter of the run.

    Raises:
        WorkflowError: The output can't be taken apart as the runner does it.
    """
    target: Any = reduce(getattr, step.call["target"], tree.runner)
    args, kwargs = arguments(step.call, outputs, parameters)
    output = getattr(target, step.call["method"])(*args, **kwargs)
    check_output(step.name, step.call, output)
    return output


def with_defaults(function: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill up the parameters of a run with the defaults of the entrypoint.

    Args:
        function: The entrypoint as its class declares it.
        given: The parameters that are given.
    """
    filled: dict[str, Any] = {}
    known = dict(list(inspect.signature(function).parameters.items())[1:])
    for name, parameter in known.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            filled[name] = {key: value for key, value in given.items() if key not in known}
        elif name in given or parameter.default is not inspect.Parameter.empty:
            filled[name] = given.get(name, parameter.default)
    return filled
