"""Deploying to Prefect and starting runs take no longer than `flow.deploy` and `prefect` do.

Whole commands, in turn, on a server that is started here; what is deployed already writes nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from _prefect import lolpop, project, started
from _ratio import Bars, Command, seconds_of, table
from lolpop.contract import DeploymentSpec, Package
from lolpop.contract.options import DeployOptions
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop_prefect.config import PrefectConfig
from lolpop_prefect.orchestrator import PrefectOrchestrator

WARM_UP = 1
ROUNDS = 7
BARS: Bars = {
    "lolpop deployment build, changed": ("flow.deploy", 1.0),
    "the hook deploy, unchanged": (None, 1.0),
    "lolpop deployment run": ("prefect deployment run", 1.0),
}
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
BY_HAND = """
import sys

from prefect import flow, task


@task
def do(number):
    return number + 1


@flow
def by_hand(number: int = 1):
    for _ in range(20):
        number = do(number)
    return number


if __name__ == "__main__":
    (folder, pool, number) = sys.argv[1:]
    found = flow.from_source(source=folder, entrypoint="by_hand.py:by_hand")
    found.deploy(
        name="by_hand",
        work_pool_name=pool,
        parameters={"number": int(number)},
        print_next_steps=False,
    )
"""
PREFECT = [sys.executable, "-m", "prefect"]


def build(folder: Path, number: int) -> None:
    """Deploy what wasn't deployed yet."""
    lolpop(folder, "deployment", "build", "--set", f"deployment.parameters.number={number}")


def unchanged(folder: Path, engine: Any) -> Callable[[], object]:
    """Give the hook's call for what is deployed already."""
    digest = lolpop(folder, "deployment", "package")["digest"]
    storage = str(folder / ".lolpop")
    manifest = read_manifest(Store(storage), digest)
    package = Package(digest=digest, url=storage, size=1, manifest=manifest)
    spec = DeploymentSpec(name="same", project="p", storage=storage, interpreter=sys.executable)
    orchestrator = object.__new__(PrefectOrchestrator)
    orchestrator.__dict__["config"] = PrefectConfig.model_validate(engine.config)
    return partial(orchestrator.deploy, package, spec, DeployOptions())


def measured(folder: Path, engine: Any) -> dict[str, float]:
    """Give the median seconds of each."""
    place = folder / "project"
    project(place, FLOW, engine)
    (place / "by_hand.py").write_text(BY_HAND)
    again = unchanged(place, engine)
    again()
    times: list[dict[str, float]] = []
    for number in range(WARM_UP + ROUNDS):
        by_hand = [sys.executable, "by_hand.py", str(place), engine.config["work_pool"]]
        run = [*PREFECT, "deployment", "run", "by-hand/by_hand"]
        calls: dict[str, Callable[[], object]] = {
            "flow.deploy": Command([*by_hand, str(number)], folder=place).seconds,
            "lolpop deployment build, changed": partial(build, place, number),
            "the hook deploy, unchanged": again,
            "prefect deployment run": Command(run, folder=place).seconds,
            "lolpop deployment run": partial(lolpop, place, "deployment", "run"),
        }
        times.append({name: seconds_of(call) for name, call in calls.items()})
    timed = times[WARM_UP:]
    return {name: median(each[name] for each in timed) for name in timed[0]}


def main(folder: Path) -> int:
    """Start Prefect, measure, and give the exit code."""
    with started(folder) as engine:
        engine.stop("worker")  # nobody runs here what is only to be asked for
        found = measured(folder, engine)
    return table(found, BARS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
