"""A step under Airflow takes what a hand-written task takes that starts the same child.

Both DAGs run on an Airflow that is started here, one after the other; what each task takes is what
Airflow itself says.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from _airflow import orchestrator_of, packaged, started
from lolpop.contract import RunRef
from lolpop.contract.options import DeployOptions, RunOptions
from lolpop.execution.request import Request, command
from lolpop.storage import Store
from lolpop.storage.records import Runs

STEPS = 8
ROUNDS = 4
BAR = 1.1
BY_HAND = """
import subprocess

from airflow.sdk import DAG, task

COMMANDS = {commands!r}


def made(number, line):
    @task(task_id=f"step_{{number}}")
    def step(**context):
        named = [*line, f"--run={{context['run_id']}}"]
        with subprocess.Popen(
            named, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as child:
            with child.stdin as orders:
                orders.write(b"{{}}")
            for said in child.stdout:
                print(said.decode().rstrip())
        if child.returncode:
            raise RuntimeError(f"exit code {{child.returncode}}")

    return step()


with DAG("by_hand", is_paused_upon_creation=False) as dag:
    steps = [made(*each) for each in enumerate(COMMANDS)]
    for before, after in zip(steps, steps[1:]):
        before >> after
"""


def by_hand(engine: Any, package: Any, spec: Any) -> str:
    """Write the same DAG by hand, and wait until Airflow has it; give its id."""
    lines = []
    for step in package.manifest.graph.steps:
        request = Request(
            storage=spec.storage,
            package=package.digest,
            ref=RunRef("ByHand", "flow", ""),
            step=step.name,
        )
        line = command(request, sys.executable)
        lines.append([word for word in line if not word.startswith("--run=")])
    (engine.dags / "by_hand.py").write_text(BY_HAND.format(commands=lines), "utf-8")
    engine.wait(lambda: engine.ask("GET", "/dags/by_hand"))
    return "by_hand"


def seconds_of(engine: Any, dag: str, run: str) -> float:
    """Wait for the end of a run; give the seconds that its tasks took at the median."""
    path = f"/dags/{dag}/dagRuns/{run}"
    engine.wait(lambda: engine.ask("GET", path)["state"] in ("success", "failed"))
    found = engine.ask("GET", f"{path}/taskInstances")["task_instances"]
    assert len(found) == STEPS
    assert all(task["state"] == "success" for task in found), found
    return float(median(task["duration"] for task in found))


def main(folder: Path) -> int:
    """Measure both in turn, and give the exit code."""
    package, spec = packaged(folder / "project", STEPS)
    records = Runs(Store(spec.storage))
    with started(folder / "airflow") as engine:
        orchestrator = orchestrator_of(engine)
        deployed = orchestrator.deploy(package, spec, DeployOptions()).engine_id or ""
        dag = by_hand(engine, package, spec)
        rounds = []
        for _ in range(ROUNDS):
            own = uuid4().hex
            records.open(RunRef("ByHand", "flow", own), package.digest)
            engine.ask("POST", f"/dags/{dag}/dagRuns", {"dag_run_id": own, "logical_date": None})
            theirs = seconds_of(engine, dag, own)
            run = orchestrator.run(spec.name, {}, RunOptions()).ref.run_id
            rounds.append((theirs, seconds_of(engine, deployed, run)))
    ratio = median(ours / theirs for theirs, ours in rounds)
    ok = ratio <= BAR
    (theirs, ours) = (1_000 * median(each) for each in zip(*rounds, strict=True))
    print(f"{'name':<34}{'ms':>7}{'ratio':>7}{'bar':>6}  ok")
    print(f"{'a task by hand, the same child':<34}{theirs:>7.0f}")
    said = "yes" if ok else "NO"
    print(f"{'a step under Airflow':<34}{ours:>7.0f}{ratio:>7.2f}{BAR:>6.2f}  {said}")
    return 0 if ok else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
