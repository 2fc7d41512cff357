"""Deploying to Dagster and starting runs take what Dagster itself takes for it.

The webserver is a real one, started here; the hooks are called as the commands do, in turn with
plain requests that do the same for somebody's own job. What is deployed already writes nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from _ratio import LOLPOP, Bars, seconds_of, table
from lolpop.contract import DeploymentSpec, Package
from lolpop.contract.options import DeployOptions, RunOptions
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.orchestrator import DagsterOrchestrator

ENGINE = Path(__file__).parents[1] / "packages" / "lolpop-dagster" / "tests"
WARM_UP = 1
ROUNDS = 7
BARS: Bars = {
    "deploy, changed": ("a reload by hand", 1.5),
    "deploy, unchanged": (None, 1.0),
    "run": ("a launch by hand", 1.2),
}
OWN = {
    "repositoryLocationName": "own",
    "repositoryName": "__repository__",
    "pipelineName": "the_users_own",
}
RELOAD = """
mutation { reloadRepositoryLocation(repositoryLocationName: "own") { __typename } }
"""
LAUNCH = """
mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename } }
"""
FLOW = """
import lolpop


class Work(lolpop.Pipeline):
    def do(self, number):
        return number + 1


class Flow(lolpop.Runner):
    work: Work

    def run(self, number: int = 1):
        for _ in range(20):
            number = self.work.do(number)
        return number
"""
CONFIG = "runner: Flow\nmodules: [flow]\npipelines: {work: Work}\n"


def packaged(folder: Path) -> Package:
    """Package a project of 20 steps."""
    folder.mkdir()
    (folder / "flow.py").write_text(FLOW)
    (folder / "lolpop.yaml").write_text(CONFIG)
    line = [LOLPOP, "deployment", "package"]
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    (zipped,) = (folder / ".lolpop" / "packages").glob("*.zip")
    manifest = read_manifest(Store(str(folder / ".lolpop")), zipped.stem)
    return Package(digest=zipped.stem, url=str(zipped), size=1, manifest=manifest)


def reload(engine: Any) -> None:
    """Let the webserver load somebody's own location anew."""
    found = engine.ask(RELOAD)["reloadRepositoryLocation"]
    assert found["__typename"] == "WorkspaceLocationEntry", found


def launch(engine: Any) -> None:
    """Start a run of somebody's own job."""
    found = engine.ask(LAUNCH, params={"selector": OWN, "runConfigData": {}})["launchRun"]
    assert found["__typename"] == "LaunchRunSuccess", found


def rounds(
    engine: Any, package: Package, spec: DeploymentSpec
) -> Iterator[Mapping[str, Callable[[], object]]]:
    """Yield what is timed side by side, each round with parameters that weren't deployed yet."""
    orchestrator = object.__new__(DagsterOrchestrator)
    orchestrator.__dict__["config"] = DagsterConfig.model_validate(engine.config)
    orchestrator.deploy(package, spec, DeployOptions())
    for number in range(WARM_UP + ROUNDS):
        changed = replace(spec, parameters={"number": number})
        yield {
            "a reload by hand": partial(reload, engine),
            "deploy, changed": partial(orchestrator.deploy, package, changed, DeployOptions()),
            "deploy, unchanged": partial(orchestrator.deploy, package, changed, DeployOptions()),
            "a launch by hand": partial(launch, engine),
            "run": partial(orchestrator.run, spec.name, {}, RunOptions()),
        }


def measured(engine: Any, folder: Path) -> dict[str, float]:
    """Give the median seconds of each."""
    package = packaged(folder)
    spec = DeploymentSpec(
        name="flow", project="bench", storage=str(folder / ".lolpop"), interpreter=sys.executable
    )
    times: list[dict[str, float]] = []
    for calls in rounds(engine, package, spec):
        times.append({name: seconds_of(call) for name, call in calls.items()})
        engine.wait_until_idle()
    timed = times[WARM_UP:]
    return {name: median(each[name] for each in timed) for name in timed[0]}


def main(folder: Path) -> int:
    """Start Dagster, measure, and give the exit code."""
    sys.path.append(str(ENGINE))
    from dagster_engine import Engine

    engine = Engine(folder)
    try:
        engine.start()
        found = measured(engine, folder / "project")
    finally:
        engine.close()
    return table(found, BARS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
