"""Deploying to Airflow and starting runs take what Airflow itself takes for it.

The Airflow is a real one, started here; the hooks are called as the commands do, in turn with
what somebody does by hand: write a DAG file and wait until Airflow has read it, and ask for a run.
What is deployed already writes nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from _airflow import orchestrator_of, packaged, started
from _ratio import Bars, seconds_of, table
from lolpop.contract import DeploymentSpec, Package
from lolpop.contract.options import DeployOptions, RunOptions

STEPS = 20
WARM_UP = 1
ROUNDS = 9
BARS: Bars = {
    "deploy, changed": ("a file by hand", 1.5),
    "deploy, unchanged": (None, 1.0),
    "run": ("a run by hand", 1.75),  # it asks first whether the DAG is paused, and records the run
}
BY_HAND = """
from airflow.sdk import DAG, task

with DAG("by_hand", description="{text}", is_paused_upon_creation=False) as dag:

    @task
    def step(number):
        return number + 1

    number = step(1)
    for _ in range({steps} - 1):
        number = step(number)
"""


def write(engine: Any, number: int) -> None:
    """Change a DAG file, and wait until Airflow has read that."""
    text = f"the change {number}"
    path = engine.dags / "by_hand.py"
    path.write_text(BY_HAND.format(text=text, steps=STEPS), "utf-8")
    engine.wait(lambda: (engine.ask("GET", "/dags/by_hand") or {}).get("description") == text)


def ask(engine: Any) -> None:
    """Ask for a run of somebody's own DAG."""
    asked = {"dag_run_id": uuid4().hex, "logical_date": None}
    assert engine.ask("POST", "/dags/by_hand/dagRuns", asked)


def rounds(
    engine: Any, package: Package, spec: DeploymentSpec
) -> Iterator[Mapping[str, Callable[[], object]]]:
    """Yield what is timed side by side, each round with parameters that weren't deployed yet."""
    orchestrator = orchestrator_of(engine)
    for number in range(WARM_UP + ROUNDS):
        changed = replace(spec, parameters={"number": number})
        yield {
            "a file by hand": partial(write, engine, number),
            "deploy, changed": partial(orchestrator.deploy, package, changed, DeployOptions()),
            "deploy, unchanged": partial(orchestrator.deploy, package, changed, DeployOptions()),
            "a run by hand": partial(ask, engine),
            "run": partial(orchestrator.run, spec.name, {}, RunOptions()),
        }


def measured(engine: Any, folder: Path) -> dict[str, float]:
    """Give the median seconds of each."""
    package, spec = packaged(folder, STEPS)
    times: list[dict[str, float]] = []
    for calls in rounds(engine, package, spec):
        if len(times) == WARM_UP:
            engine.stop("scheduler")  # nobody runs here what is only to be asked for
        times.append({name: seconds_of(call) for name, call in calls.items()})
    timed = times[WARM_UP:]
    return {name: median(each[name] for each in timed) for name in timed[0]}


def main(folder: Path) -> int:
    """Start Airflow, measure, and give the exit code."""
    with started(folder / "airflow") as engine:
        found = measured(engine, folder / "project")
    return table(found, BARS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
