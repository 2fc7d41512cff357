"""A generated DAG file of 1,000 tasks loads as fast as the same DAG by hand, and hardly slower
than `airflow.sdk` itself is imported.

Each is loaded in a process of its own, in the Python that `LOLPOP_AIRFLOW_PYTHON` names.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from lolpop.contract import DeploymentSpec, Group, Manifest, Package, Step, StepGraph
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.generating import generate

STEPS = 1_000
ROUNDS = 7
BARS = {"the SDK alone": 1.35, "by hand": 1.1}
ALONE = "from airflow.sdk import dag\n"
BY_HAND = f"""
import subprocess
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator, TaskGroup


class Step(BaseOperator):
    def __init__(self, *, step, **arguments):
        super().__init__(**arguments)
        self.step = step

    def execute(self, context):
        subprocess.run(["true", self.step], check=True)


with DAG("by_hand") as dag:
    group = TaskGroup("work")
    before = None
    for number in range({STEPS}):
        step = Step(
            step=f"work.step_{{number}}",
            task_id=f"step_{{number}}",
            task_group=group,
            doc="Do something.",
            retries=1,
            retry_delay=timedelta(seconds=1),
        )
        if before is not None:
            step << before
        before = step
"""


def generated() -> str:
    """Give the DAG file of a deployment, as `build` writes it."""
    names = [f"work.step_{number}" for number in range(STEPS)]
    steps = [
        Step(name=name, after=(before,) if before else (), doc="Do something.", group=("work",))
        for name, before in zip(names, [None, *names], strict=False)
    ]
    manifest = Manifest(
        runner="flow:Flow",
        entrypoint="run",
        parameters={"type": "object", "properties": {"seed": {"type": "integer"}}},
        graph=StepGraph(groups=(Group(("work",)),), steps=tuple(steps)),
        config={},
        files=(),
        python="3.11",
        platform="linux-x86_64",
    )
    package = Package(digest="a" * 64, url="/nowhere/a.zip", size=1, manifest=manifest)
    spec = DeploymentSpec(
        name="flow", project="bench", storage="/nowhere", interpreter=sys.executable
    )
    return generate(package, spec, AirflowConfig())


def seconds_of(file: Path, python: str) -> float:
    """Load a file in a process of its own; give its wall time."""
    variables = {**os.environ, "AIRFLOW_HOME": str(file.parent)}
    start = time.perf_counter()
    subprocess.run([python, str(file)], env=variables, check=True, capture_output=True)
    return time.perf_counter() - start


def main(folder: Path) -> int:
    """Measure all in turn, and give the exit code."""
    python = os.environ["LOLPOP_AIRFLOW_PYTHON"]
    texts = {"the SDK alone": ALONE, "by hand": BY_HAND, "generated": generated()}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
        seconds_of(folder / f"{name}.py", python)
    rounds = [
        {name: seconds_of(folder / f"{name}.py", python) for name in texts} for _ in range(ROUNDS)
    ]
    print(f"{'a DAG file of 1,000 tasks':<34}{'s':>7}{'ratio':>7}{'bar':>6}  ok")
    print(f"{'generated':<34}{median(each['generated'] for each in rounds):>7.2f}")
    kept = True
    for name, bar in BARS.items():
        seconds = median(each[name] for each in rounds)
        ratio = median(each["generated"] / each[name] for each in rounds)
        kept &= ratio <= bar
        said = "yes" if ratio <= bar else "NO"
        print(f"{'against ' + name:<34}{seconds:>7.2f}{ratio:>7.2f}{bar:>6.2f}  {said}")
    return 0 if kept else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
