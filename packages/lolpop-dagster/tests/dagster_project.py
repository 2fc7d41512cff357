"""A project of a user's, and the `lolpop` command that they type in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lolpop.testing import Command

SOURCE = '''
import time
from pathlib import Path

import numpy
import pandas

import lolpop


class Train(lolpop.Pipeline):
    def fit(self, seed):
        """Fit something."""
        print("fitting", seed)
        return pandas.DataFrame({"weight": numpy.zeros(seed)})

    def write(self, table):
        Path("table.csv").write_text(table.to_csv())
        return Path("table.csv")

    def chatter(self, lines):
        for number in range(lines):
            print("line", number)

    def doze(self):
        print("dozing", flush=True)
        time.sleep(600)

    def interpreter(self):
        import sys

        return sys.prefix


class Birds(lolpop.Runner):
    train: Train

    def build(self, seed: int = 3, note: str | None = None):
        return self.train.write(self.train.fit(seed))

    def doze(self, seed: int = 3):
        self.train.doze()

    def talk(self, lines: int = 3000):
        self.train.chatter(lines)

    def where(self):
        return self.train.interpreter()
'''


@dataclass
class Project(Command):
    """A project folder, configured for an engine.

    Attributes:
        config: What the orchestrator's config says.
        name: The name of its deployment.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    name: str = "birds"
    hidden: str | None = field(default="DAGSTER", kw_only=True)

    def write(self, entrypoint: str = "build", **settings: Any) -> Project:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "birds.py").write_text(SOURCE)
        content = {
            "modules": ["birds"],
            "runner": "Birds",
            "entrypoint": entrypoint,
            "pipelines": {"train": "Train"},
            "decorators": {"orchestrator": "DagsterOrchestrator"},
            "orchestrator": {"config": dict(self.config)},
            **settings,
        }
        content["deployment"] = {"name": self.name, **content.get("deployment", {})}
        (self.folder / "lolpop.yaml").write_text(yaml.safe_dump(content))
        return self


def run_id_of(project: Project, *words: str) -> str:
    """Start a run, and give its id."""
    return str(project.json("deployment", "run", *words)["ref"]["run_id"])
