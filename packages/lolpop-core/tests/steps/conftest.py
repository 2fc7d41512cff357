"""Write a workflow, capture it, and run it both ways."""

from __future__ import annotations

import itertools
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract.graph import Granularity, Order, StepGraph
from lolpop.inprocess import Source, prepared
from lolpop.steps import capture
from lolpop.steps.plain import run_graph, with_defaults
from lolpop.workflow.assembly import assemble
from lolpop.workflow.blueprint import Blueprint

_COUNT = itertools.count()

PRELUDE = '''\
import enum
import itertools
import logging
import math
import random
import time
from datetime import date, datetime, timedelta
from functools import cached_property, wraps
from pathlib import Path

import lolpop

LOG = []
NAMES = ["a", "b"]
LIMIT = 3
logger = logging.getLogger("flow")


def loud(function):
    return function


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Recorder:
    def make(self, *args, **kwargs):
        """Make something."""
        LOG.append((self.name, "make", repr(args), repr(kwargs)))
        return f"{self.name}#{len(repr(args))}", args

    def pair(self, *args, **kwargs):
        LOG.append((self.name, "pair", repr(args), repr(kwargs)))
        return [args, ("inner", len(args))]

    def table(self, value=None):
        LOG.append((self.name, "table", repr(value)))
        return {"x": [1, 2], "y": {"z": value}, 0: "zero"}

    def nothing(self, *args):
        LOG.append((self.name, "nothing", repr(args)))

    def _private(self):
        return 1


class One(Recorder, lolpop.Pipeline):
    LIMIT = 5


class Two(Recorder, lolpop.Component):
    pass

'''

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {one: One, other: One}
components: {two: Two}
config:
  names: [a, b]
  flag: true
  number: 2
  secret: ${env:SECRET}
  nested: {x: 1, url: "http://${env:HOST}/"}
one: {config: {size: 9}}
"""


@dataclass
class Flow:
    """A workflow in a folder of its own."""

    folder: Path
    module: str
    entrypoint: str = "run"

    def within(self) -> Any:
        return prepared(Source((str(self.folder / "lolpop.yaml"),)))

    def graph(
        self, granularity: str = "pipeline", order: str = "program", **kept: Any
    ) -> StepGraph:
        with self.within() as blueprint:
            how = Granularity(granularity), Order(order)
            return capture(blueprint, self.entrypoint, *how, **kept)

    def collapses(self, **how: Any) -> list[str]:
        """Give each as `step: line of code: reason (hint)`."""
        return [
            f"{each.step}: {self.line(each.file, each.line)}: {each.reason} ({each.hint})"
            for each in self.graph(**how).collapses
        ]

    def line(self, file: str, line: int) -> str:
        return (self.folder / file).read_text().splitlines()[line - 1].strip()

    def plainly(self, **parameters: Any) -> tuple[Any, list[Any]]:
        with self.within() as blueprint:
            tree = assemble(blueprint, os.environ)
            self._log().clear()
            result = getattr(tree.runner, self.entrypoint)(**parameters)
            return result, list(self._log())

    def as_steps(self, graph: StepGraph, **parameters: Any) -> tuple[Any, list[Any]]:
        with self.within() as blueprint:
            self._log().clear()
            every = with_defaults(self._function(blueprint), parameters)
            ran = run_graph(graph, lambda: assemble(blueprint, os.environ), every)
            return ran.result, list(self._log())

    def same(self, how: Mapping[str, Any] | None = None, **parameters: Any) -> StepGraph:
        """Run it both ways, and give its graph if both are equal."""
        graph = self.graph(**(how or {}))
        assert self.as_steps(graph, **parameters) == self.plainly(**parameters)
        return graph

    def _function(self, blueprint: Blueprint) -> Any:
        return getattr(blueprint.runner.cls, self.entrypoint)

    def _log(self) -> list[Any]:
        return sys.modules[self.module].LOG


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Flow]]:
    """Write a workflow from the source of its classes."""
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.setenv("HOST", "example.org")
    made: list[str] = []

    def _written(source: str, config: str = CONFIG, prelude: str = PRELUDE) -> Flow:
        name = f"flow_{next(_COUNT)}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text(prelude + textwrap.dedent(source))
        (folder / "lolpop.yaml").write_text(config.replace("MODULE", name))
        made.append(name)
        return Flow(folder, name)

    yield _written
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture
def flow(written: Callable[..., Flow]) -> Callable[..., Flow]:
    """Write a workflow from the body of its entrypoint, and further members of the runner."""

    def _flow(body: str, members: str = "", parameters: str = "seed=7") -> Flow:
        run = textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
        more = textwrap.indent(textwrap.dedent(members), " " * 4)
        head = "class Flow(lolpop.Runner):"
        return written(f"{head}\n    def run(self, {parameters}):\n{run}\n\n{more}\n")

    return _flow
