"""A project of a user's, and the `lolpop` command that they type in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LOLPOP = Path(sys.executable).with_name("lolpop")
SOURCE = '''
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

    def fit(self, seed):
        """Fit something."""
        print("fitting", seed)
        print("seen", sorted(key for key in os.environ if "AIRFLOW" in key))
        return seed + 1

    def talk(self, seconds):
        for number in range(seconds):
            print("line", number, flush=True)
            time.sleep(1)


class Birds(lolpop.Runner):
    train: Train

    def build(self, seed: int = 3):
        return self.train.fit(self.train.fit(seed))

    def grow(self, seed: int = 3):
        return self.train.grow(seed)

    def talk(self, seconds: int = 8):
        self.train.talk(seconds)
'''


@dataclass
class Project:
    """A project folder, configured for an engine."""

    folder: Path
    config: Mapping[str, Any]
    name: str

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

    def lolpop(self, *words: str, code: int = 0) -> str:
        """Call the command; give what it says."""
        done = self.call(*words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if "AIRFLOW" not in key}
        return subprocess.run(
            [LOLPOP, *words],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """Call the command; give its JSON."""
        done = self.call(*words, "--output", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)
