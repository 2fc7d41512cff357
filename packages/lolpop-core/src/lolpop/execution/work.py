"""What an attempt does: build a fresh tree, load the inputs, call the method, store the output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lolpop.contract import Step, StepGraph
from lolpop.errors import ConfigError, Fatal, LolpopError, PluginError, UsageError
from lolpop.execution import asides
from lolpop.execution.decorating import built, read_decoration
from lolpop.execution.request import FAILED, FATAL, REFUSED, SUCCEEDED, Request
from lolpop.execution.tracebacks import said, show
from lolpop.package.opening import Opened
from lolpop.package.reopening import blueprint
from lolpop.steps.expressions import arguments, check_output
from lolpop.storage import Store, artifacts
from lolpop.storage.artifacts import Artifact
from lolpop.storage.records import RunRecord
from lolpop.workflow.arguments import bind, parameters_of
from lolpop.workflow.blueprint import Blueprint
from lolpop.workflow.project import working_in
from lolpop.workflow.running import finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended, if its process lived to say so.

    Attributes:
        code: The exit code that says it.
        error: `Type: message` in one line, or None.
        output: What it stored, or None.
        inputs: The digests of what it read, by step and element.
        alone: Whether its process has no thread and no child left of it, and knows that.
        warm: Whether its process will take another order.
    """

    code: int = SUCCEEDED
    error: str | None = None
    output: Artifact | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False
    warm: bool = True


def perform(
    request: Request, store: Store, run: RunRecord, opened: Opened, folder: Path
) -> Outcome:
    """Make one attempt in this process, with a private working folder.

    Args:
        request: The attempt.
        store: Where inputs come from and the output goes to.
        run: The run's record.
        opened: The package that the run pinned.
        folder: The working folder, a copy of the package's project.

    Returns:
        How it ended. What the step raised is printed to standard error, the user's frames.
    """
    step = opened.manifest.graph.step(request.step)
    roots = [folder / root for root in opened.manifest.roots]
    inputs = _Inputs(store, run, folder)
    with working_in(folder, roots):
        try:
            # What the run began with holds: its deployment may have been built anew since.
            given = {**request.parameters, **run.parameters}
            value = _called(step, request, inputs, opened, given)
            check_output(step.name, step.call, value)
            wanted = elements(opened.manifest.graph, step.name)
            output = artifacts.put(store, value, folder, elements=wanted)
            return Outcome(output=output, inputs=inputs.read)
        except (ConfigError, PluginError, UsageError) as error:
            return Outcome(code=REFUSED, error=said(error, folder), inputs=inputs.read)
        except BaseException as error:  # a cancelled coroutine is no Exception
            show(error, folder)
            code = FATAL if isinstance(error, Fatal) else FAILED
            return Outcome(code=code, error=said(error, folder), inputs=inputs.read)


class _Inputs:
    """Loads what a step reads of others' outputs, and notes it.

    Attributes:
        read: The digests of what was read, by step and element.
    """

    def __init__(self, store: Store, run: RunRecord, folder: Path) -> None:
        self.read: dict[str, str] = {}
        self.store = store
        self.folder = folder
        self._run = run

    def __call__(self, name: str, element: tuple[Any, ...]) -> Any:
        artifact = self._run.output(name)
        if artifact is None:
            raise LolpopError(f"step {name!r} has no output in this run")
        shown = name + "".join(f"[{key!r}]" for key in element)
        self.read[shown] = artifacts.digest_at(self.store, artifact.digest, element)
        return artifacts.get(self.store, artifact.digest, self.folder, element=element)


def _called(
    step: Step, request: Request, inputs: _Inputs, opened: Opened, parameters: Mapping[str, Any]
) -> Any:
    over = None
    if request.decorate:
        over = read_decoration(request.decorate, inputs.folder)
        asides.listen()
    plan = blueprint(opened, inputs.folder, over)
    tree = built(plan, inputs.store.url)
    given = _parameters(plan, opened.manifest.entrypoint, parameters)
    call = step.call
    positional, named = arguments(call, inputs, given)
    target: Any = tree.runner
    for name in call["target"]:
        target = getattr(target, name)
    return finished(getattr(target, call["method"])(*positional, **named))


def _parameters(plan: Blueprint, entrypoint: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the run's parameters by the entrypoint's annotations; add the defaults."""
    function = getattr(plan.runner.cls, entrypoint)
    positional, named = bind(function, [], given)
    known = parameters_of(function)
    values = {name: known[name].default for name in known}
    values.update(zip(known, positional, strict=False))
    return {**values, **named}


def elements(graph: StepGraph, name: str) -> set[tuple[Any, ...]]:
    """List the elements of a step's output that the graph reads apart."""
    found = {edge.element for step in graph.steps for edge in step.edges if edge.source == name}
    found |= set(_in_result(graph.result, name))
    return {element for element in found if element}


def _in_result(expression: Any, name: str) -> list[tuple[Any, ...]]:
    if isinstance(expression, Mapping):
        if expression.get("step") == name:
            return [tuple(expression.get("element", ()))]
        return [found for value in expression.values() for found in _in_result(value, name)]
    if isinstance(expression, (list, tuple)):
        return [found for value in expression for found in _in_result(value, name)]
    return []
