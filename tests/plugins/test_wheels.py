"""Plugins of third parties as their users get them: wheels, installed in a clean environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = (sys.executable, "-m", "uv")


def run(*command: str | Path, folder: Path) -> str:
    """Run a command that must succeed; give what it prints."""
    hidden = ("LOLPOP_", "PYTHON", "PYTEST_", "VIRTUAL_ENV")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


class Environment:
    """A clean environment, with the core's wheel in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "env" / "bin"
        run(*UV, "venv", "--quiet", "--python", sys.executable, "env", folder=folder)
        self.install(ROOT / "packages" / "lolpop-core", extra="[testing]")

    def install(self, source: Path, extra: str = "") -> None:
        """Build a distribution's wheel, and install that."""
        wheels = self.folder / "wheels" / source.name
        run(*UV, "build", "--quiet", "--wheel", source, "--out-dir", wheels, folder=self.folder)
        (wheel,) = wheels.glob("*.whl")
        python = ("--python", self.bin / "python")
        run(*UV, "pip", "install", "--quiet", *python, f"{wheel}{extra}", folder=self.folder)

    def call(self, script: str, *arguments: str | Path) -> str:
        """Call a command that is installed."""
        return run(self.bin / script, *arguments, folder=self.folder)

    def hold_to_the_rules(self, orchestrator: str, distribution: Path) -> None:
        """See that an orchestrator is found, healthy, and keeps every rule of what it declares."""
        version = r"\d+\.\d+\.\d+"
        row = rf"^{orchestrator} +orchestrator +{distribution.name} +{version} +ok$"
        assert re.search(row, self.call("lolpop", "plugins", "list"), re.MULTILINE)
        said = self.call("lolpop", "plugins", "doctor", orchestrator)
        assert re.fullmatch(rf"ok +{orchestrator} \({distribution.name} {version}\)\n", said)
        said = self.call("pytest", "-q", "-p", "no:cacheprovider", distribution / "tests")
        assert re.search(rf"^lolpop rules .*: {orchestrator} of ", said, re.MULTILINE)
        assert re.search(r"^\d+ passed, \d+ skipped in ", said, re.MULTILINE), said


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("plugins"))


def minimal(environment: Environment) -> Path:
    return ROOT / "examples" / "lolpop-minimal"


def created(environment: Environment) -> Path:
    environment.call("lolpop", "create", "orchestrator", "my-engine")
    return environment.folder / "lolpop-my-engine"


@pytest.mark.parametrize(
    ("orchestrator", "source"),
    [("MinimalOrchestrator", minimal), ("MyEngineOrchestrator", created)],
    ids=["minimal", "created"],
)
def test_it_keeps_the_rules_from_its_wheel(
    environment: Environment, orchestrator: str, source: Callable[[Environment], Path]
) -> None:
    distribution = source(environment)
    environment.install(distribution)
    environment.hold_to_the_rules(orchestrator, distribution)
