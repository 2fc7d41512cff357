"""An Airflow of its own for the benchmarks, and a packaged project of a few steps."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _ratio import LOLPOP
from lolpop.contract import DeploymentSpec, Package
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.orchestrator import AirflowOrchestrator

ENGINE = Path(__file__).parents[1] / "packages" / "lolpop-airflow" / "tests"
FLOW = """
import lolpop


class Work(lolpop.Pipeline):
    def do(self, number):
        print("step", number)
        return number + 1


class Flow(lolpop.Runner):
    work: Work

    def run(self, number: int = 1):
        for _ in range({steps}):
            number = self.work.do(number)
        return number
"""
CONFIG = "runner: Flow\nmodules: [flow]\npipelines: {work: Work}\n"


@contextmanager
def started(folder: Path) -> Iterator[Any]:
    """Start an api-server, a scheduler and a dag-processor; end them."""
    sys.path.append(str(ENGINE))
    from airflow_engine import Engine

    engine = Engine(folder)
    try:
        engine.start()
        yield engine
    finally:
        engine.close()


def packaged(folder: Path, steps: int) -> tuple[Package, DeploymentSpec]:
    """Package a project of so many steps, one after the other; say what it is deployed as."""
    folder.mkdir()
    (folder / "flow.py").write_text(FLOW.format(steps=steps))
    (folder / "lolpop.yaml").write_text(CONFIG)
    line = [LOLPOP, "deployment", "package"]
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    storage = str(folder / ".lolpop")
    (zipped,) = (folder / ".lolpop" / "packages").glob("*.zip")
    manifest = read_manifest(Store(storage), zipped.stem)
    package = Package(digest=zipped.stem, url=str(zipped), size=1, manifest=manifest)
    spec = DeploymentSpec(name="flow", project="bench", storage=storage, interpreter=sys.executable)
    return package, spec


def orchestrator_of(engine: Any) -> AirflowOrchestrator:
    """Give an orchestrator that is configured for an engine, and folds as deployed ones do."""
    made = object.__new__(AirflowOrchestrator)
    made.__dict__["config"] = AirflowConfig.model_validate(engine.config)
    made.__dict__["decoration"] = (
        "decorators: {orchestrator: AirflowOrchestrator}\norchestrator: {config: {}}\n"
    )
    return made
