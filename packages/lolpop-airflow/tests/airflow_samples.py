"""A package and a specification to generate files of."""

from __future__ import annotations

from typing import Any

from lolpop.contract import (
    DeploymentSpec,
    Group,
    Manifest,
    Package,
    Schedule,
    Step,
    StepGraph,
    StepSettings,
)

GRAPH = StepGraph(
    groups=(Group(("prepare",), doc="Get ready."), Group(("prepare", "clean[2]"))),
    steps=(
        Step(name="load", doc='Says "{{ hello }}".'),
        Step(name="train.fit", after=("load",), group=("prepare",)),
        Step(name="train.fit[2]", after=("load", "train.fit"), group=("prepare", "clean[2]")),
    ),
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "seed": {"type": "integer"},
        "limit": {"type": "integer", "default": None},
        "shape": {"$ref": "#/$defs/Shape"},
    },
    "$defs": {"Shape": {"enum": ["round", "flat"]}},
    "required": ["seed", "shape"],
}


def package() -> Package:
    manifest = Manifest(
        runner="penguins:Penguins",
        entrypoint="run",
        parameters=SCHEMA,
        graph=GRAPH,
        config={},
        files=(),
        python="3.11",
        platform="linux-x86_64",
    )
    return Package(digest="a" * 64, url="/storage/packages/a.zip", size=1, manifest=manifest)


def spec(name: str = "penguins", **changes: Any) -> DeploymentSpec:
    given: dict[str, Any] = {
        "project": "birds",
        "storage": "/storage",
        "interpreter": "/venv/bin/python",
        "parameters": {"seed": 7, "shape": "flat"},
        "schedule": Schedule("0 6 * * *", "Europe/Paris"),
        "concurrency": 2,
        "steps": {"train.fit": StepSettings(retries=2, retry_delay=10.0, timeout=60.0)},
    }
    return DeploymentSpec(name=name, **{**given, **changes})
