"""A project of a user's, and the `lolpop` command that they type in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lolpop.testing import Command

SOURCE = '''
import datetime as dt
import os
import time

import lolpop


class Scale(lolpop.Component):
    def up(self, number):
        print("scaling", number)
        return self.plus(number)

    def plus(self, number):
        if number > 3:
            raise ValueError("it is too large")
        return number + 1


class Train(lolpop.Pipeline):
    scale: Scale

    def grow(self, seed):
        print("growing")
        return self.scale.up(self.scale.up(seed))

    def fit(self, seed, since=None, at=None):
        """Fit something."""
        print("fitting", seed, "from", since, at)
        print("seen", sorted(key for key in os.environ if "AIRFLOW" in key))
        return seed + 1

    def talk(self, seconds):
        for number in range(seconds):
            print("line", number, flush=True)
            time.sleep(1)


class Birds(lolpop.Runner):
    train: Train

    def build(
        self, seed: int = 3, since: dt.date = dt.date(2024, 1, 1), at: dt.time = dt.time(6, 30)
    ):
        return self.train.fit(self.train.fit(seed, since, at))

    def grow(self, seed: int = 3):
        return self.train.grow(seed)

    def talk(self, seconds: int = 8):
        self.train.talk(seconds)
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
    hidden: str | None = field(default="AIRFLOW", kw_only=True)

    def write(self, entrypoint: str = "build", **settings: Any) -> Project:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "birds.py").write_text(SOURCE)
        content = {
            "modules": ["birds"],
            "runner": "Birds",
            "entrypoint": entrypoint,
            "pipelines": {"train": "Train"},
            "components": {"scale": "Scale"},
            "decorators": {"orchestrator": "AirflowOrchestrator"},
            "orchestrator": {"config": dict(self.config)},
            **settings,
        }
        content["deployment"] = {"name": self.name, **content.get("deployment", {})}
        (self.folder / "lolpop.yaml").write_text(yaml.safe_dump(content))
        return self
