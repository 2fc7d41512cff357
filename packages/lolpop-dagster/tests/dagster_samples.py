"""Deployments as files, without a project or a storage behind them."""

from __future__ import annotations

from typing import Any

from lolpop.contract import DeploymentSpec, Group, Order, Step, StepGraph, StepSettings
from lolpop_dagster.jobfile import JobFile

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"seed": {"type": "integer", "default": 7}},
    "required": [],
    "additionalProperties": False,
}
CHAIN = StepGraph(
    steps=(
        Step(name="load.read", doc="Read it.", source="birds.py:7"),
        Step(name="train.fit", after=("load.read",)),
        Step(name="train.fit[2]", after=("train.fit",)),
    )
)
NESTED = StepGraph(
    steps=(
        Step(name="load.read"),
        Step(name="train.fit", after=("load.read",), group=("outer",)),
        Step(name="train.score", after=("train.fit", "load.read"), group=("outer", "inner")),
        Step(name="train.again", after=("train.fit",), group=("outer",)),
        Step(name="report.write", after=("train.score", "load.read")),
    ),
    groups=(Group(("outer",), doc="Do all."), Group(("outer", "inner"))),
    order=Order.DATA,
)


def job_file(
    name: str = "birds",
    graph: StepGraph = CHAIN,
    steps: dict[str, StepSettings] | None = None,
    parameters: dict[str, Any] | None = None,
    **others: Any,
) -> JobFile:
    spec = DeploymentSpec(
        name=name,
        project="lab",
        storage="/nowhere",
        interpreter="/usr/bin/python3",
        steps=steps or {},
        parameters=parameters or {},
        schedule=others.pop("schedule", None),
    )
    given: dict[str, Any] = {"parameters": SCHEMA, "package": "a" * 64, **others}
    return JobFile(spec=spec, graph=graph, **given)


def line(length: int) -> StepGraph:
    """Give a graph of that many steps, one after the other."""
    names = [f"work.step_{number}" for number in range(length)]
    before = [(), *((name,) for name in names)]
    return StepGraph(
        steps=tuple(
            Step(name=name, after=after) for name, after in zip(names, before, strict=False)
        )
    )
