"""A step under Prefect takes what a hand-written task takes that starts the same child.

Both flows run on a server that is started here, one after the other; what each task takes is what
Prefect itself says.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from _prefect import lolpop, project, started

STEPS = 12
ROUNDS = 4
BAR = 1.1
FLOW = f"""
import lolpop


class Work(lolpop.Pipeline):
    def do(self, number):
        print("step", number)
        return number + 1


class Flow(lolpop.Runner):
    work: Work

    def run(self, number: int = 1):
        for _ in range({STEPS}):
            number = self.work.do(number)
        return number
"""
BY_HAND = """
import json
import subprocess
import sys

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from lolpop.contract import RunRef
from lolpop.execution.request import Request, command
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop.storage.records import Runs

storage, package = sys.argv[1:]


@task(cache_policy=NO_CACHE, persist_result=False)
def step(name, ref):
    request = Request(storage=storage, package=package, ref=ref, step=name)
    line = command(request, sys.executable)
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        with child.stdin as orders:
            orders.write(b"{}")
        for said in child.stdout:
            get_run_logger().info(said.decode().rstrip())
    if child.returncode:
        raise RuntimeError(f"exit code {child.returncode}")


@flow(persist_result=False)
def by_hand():
    from prefect.runtime import flow_run

    ref = RunRef("ByHand", "flow", flow_run.id)
    Runs(Store(storage)).open(ref, package)
    for each in read_manifest(Store(storage), package).graph.steps:
        step(each.name, ref)
    return flow_run.id


print(json.dumps(by_hand()))
"""


def seconds_of(engine: Any, run: str) -> float:
    """Give the seconds that the tasks of a run took at the median."""
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.filters import FlowRunFilter

    ours = FlowRunFilter.model_validate({"id": {"any_": [UUID(run)]}})
    with SyncPrefectClient(engine.url, auth_string=engine.config["auth_string"]) as client:
        found = client.read_task_runs(flow_run_filter=ours)
    assert len(found) == STEPS
    assert all(task.state and task.state.is_completed() for task in found)
    return median(task.total_run_time.total_seconds() for task in found)


def by_hand(folder: Path, package: str) -> str:
    """Run the flow that is written by hand; give its id."""
    (folder / "by_hand.py").write_text(BY_HAND)
    line = [sys.executable, "by_hand.py", str(folder / ".lolpop"), package]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout.strip().strip('"')


def step(folder: Path) -> str:
    """Run the deployment; give the run's id."""
    run: str = lolpop(folder, "deployment", "run", "--wait")["run"]["ref"]["run_id"]
    return run


def main(folder: Path) -> int:
    """Measure both in turn, and give the exit code."""
    place = folder / "project"
    with started(folder) as engine:
        project(place, FLOW, engine)
        package = lolpop(place, "deployment", "package")["digest"]
        lolpop(place, "deployment", "build")
        rounds = [
            (seconds_of(engine, by_hand(place, package)), seconds_of(engine, step(place)))
            for _ in range(ROUNDS)
        ]
    ratio = median(ours / theirs for theirs, ours in rounds)
    ok = ratio <= BAR
    (theirs, ours) = (1_000 * median(each) for each in zip(*rounds, strict=True))
    print(f"{'name':<34}{'ms':>7}{'ratio':>7}{'bar':>6}  ok")
    print(f"{'a task by hand, the same child':<34}{theirs:>7.0f}")
    print(
        f"{'a step under Prefect':<34}{ours:>7.0f}{ratio:>7.2f}{BAR:>6.2f}  {'yes' if ok else 'NO'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
