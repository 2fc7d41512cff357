"""A project whose YAML holds the keys of every orchestrator, moved by editing one line."""

from __future__ import annotations

import difflib
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lolpop.testing import Command

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins"
LINE = "  orchestrator: {}"
BEFORE = "  # orchestrator: PrefectOrchestrator    # the one line that moves the workflow"


@dataclass(frozen=True)
class Outcome:
    """What became of a workflow on one orchestrator, as `lolpop runs show` tells it."""

    seconds: float
    exit_code: int
    told: Mapping[str, Any]

    @property
    def states(self) -> dict[str, str]:
        return {step["name"]: step["state"] for step in self.told["steps"]}

    @property
    def attempts(self) -> dict[str, list[Any]]:
        """What each attempt of each step ended with."""
        return {
            step["name"]: [(each["state"], each["error"]) for each in step["attempts"]]
            for step in self.told["steps"]
        }

    @property
    def digests(self) -> dict[str, str]:
        return {name: output["digest"] for name, output in self.told["outputs"].items()}


class Project(Command):
    """The penguins, in a folder of their own.

    Args:
        folder: The folder.
        configs: What each orchestrator's config says.
    """

    def __init__(self, folder: Path, configs: Mapping[str, Mapping[str, Any]]) -> None:
        shutil.copytree(PENGUINS, folder)
        super().__init__(folder)
        self.file = folder / "lolpop.yaml"
        self.orchestrator = next(iter(configs))
        text = self.file.read_text("utf-8")
        assert text.count(BEFORE) == 1
        keys = {"orchestrator": {name: {"config": {**told}} for name, told in configs.items()}}
        named = text.replace(BEFORE, LINE.format(self.orchestrator))
        self.file.write_text(named + "\n" + yaml.safe_dump(keys), "utf-8")

    def name(self, orchestrator: str) -> list[str]:
        """Name another orchestrator; give the lines of the YAML that differ."""
        before = self.file.read_text("utf-8")
        lines = map(LINE.format, (self.orchestrator, orchestrator))
        after = before.replace(*lines)
        self.file.write_text(after, "utf-8")
        self.orchestrator = orchestrator
        found = difflib.ndiff(before.splitlines(), after.splitlines())
        return [line for line in found if line.startswith("+ ")]

    def move(self, *options: str) -> Outcome:
        """Build, run, wait and remove; the seconds are those of the run, as a user waits."""
        self.json("deployment", "build", *options)
        start = time.monotonic()
        code = self.call("deployment", "run", "--wait", *options).returncode
        seconds = time.monotonic() - start
        told = self.json("runs", "show", "latest")
        self.json("deployment", "remove", *options)
        return Outcome(seconds, code, told)
