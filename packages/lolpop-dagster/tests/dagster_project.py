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
            "decorators": {"orchestrator": "DagsterOrchestrator"},
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
        kept = {key: value for key, value in os.environ.items() if "DAGSTER" not in key}
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

    def finished(self, *words: str) -> Any:
        """Run the deployment to its end; give the run."""
        done = self.call("deployment", "run", "--wait", *words, "--output", "json")
        return json.loads(done.stdout.strip().splitlines()[-1] if done.stdout else "{}")
