"""A code location with 100 deployments of 20 steps loads as fast as the same jobs by hand.

Both are loaded in a process of their own, Dagster imported before the clock starts: until every
job and its snapshot, which the webserver asks for, is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

DEPLOYMENTS = 100
STEPS = 20
ROUNDS = 5
BAR = 1.5


def write_deployments(folder: Path) -> None:
    """Write the files of the deployments, as `build` does."""
    from lolpop.contract import DeploymentSpec, Step, StepGraph
    from lolpop_dagster.jobfile import Folder, JobFile, content_of

    names = [f"work.step_{number}" for number in range(STEPS)]
    steps = [
        Step(name=name, after=(before,) if before else (), doc="Do something.")
        for name, before in zip(names, [None, *names], strict=False)
    ]
    schema = {"type": "object", "properties": {"seed": {"type": "integer"}}, "required": []}
    for number in range(DEPLOYMENTS):
        spec = DeploymentSpec(
            name=f"flow-{number}", project="bench", storage="/nowhere", interpreter=sys.executable
        )
        file = JobFile(
            package="a" * 64,
            spec=spec,
            graph=StepGraph(steps=tuple(steps)),
            parameters=schema,
        )
        Folder(folder).write(spec.name, content_of(file))


def load_deployments(folder: Path) -> Any:
    """Give the repository of the deployments."""
    from lolpop_dagster.location import repository_of

    return repository_of(folder)


def load_by_hand(folder: Path) -> Any:
    """Give a repository of the same jobs, as somebody would write them."""
    import dagster as dg

    @dg.resource(config_schema={"seed": dg.Field(dg.Int, is_required=False)})
    def parameters(context: Any) -> Any:
        return context.resource_config

    def op_of(job: int, number: int) -> Any:
        @dg.op(
            name=f"flow_{job}_step_{number}",
            ins={"start": dg.In(dg.Nothing)} if number else {},
            out=dg.Out(dg.Nothing),
            required_resource_keys={"parameters"},
            tags={"step": str(number)},
        )
        def step() -> None:
            """Do something."""

        return step

    def job_of(job: int) -> Any:
        ops = [op_of(job, number) for number in range(STEPS)]

        @dg.job(
            name=f"flow_{job}",
            resource_defs={"parameters": parameters},
            executor_def=dg.in_process_executor,
            tags={"deployment": str(job)},
        )
        def flow() -> None:
            before = ops[0]()
            for op in ops[1:]:
                before = op(start=before)

        return flow

    @dg.repository
    def by_hand() -> Any:
        return [job_of(job) for job in range(DEPLOYMENTS)]

    return by_hand


WAYS: dict[str, Callable[[Path], Any]] = {
    "by hand": load_by_hand,
    "deployments": load_deployments,
}


def load(way: str, folder: Path) -> None:
    """Load all jobs in this process, and print the seconds."""
    import dagster  # noqa: F401

    import lolpop_dagster.location  # noqa: F401

    start = time.perf_counter()
    jobs = WAYS[way](folder).get_all_jobs()
    for job in jobs:
        job.get_job_index()
    seconds = time.perf_counter() - start
    assert len(jobs) == DEPLOYMENTS
    print(json.dumps(seconds))


def measured(way: str, folder: Path) -> float:
    """Give the seconds that loading takes in a process of its own."""
    line = [sys.executable, __file__, way, str(folder)]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def main(folder: Path) -> int:
    """Measure both in turn, and give the exit code."""
    write_deployments(folder)
    for way in WAYS:
        measured(way, folder)
    rounds = [{way: measured(way, folder) for way in WAYS} for _ in range(ROUNDS)]
    found = {way: median(each[way] for each in rounds) for way in WAYS}
    ratio = median(each["deployments"] / each["by hand"] for each in rounds)
    ok = ratio <= BAR
    print(f"{'name':<34}{'s':>7}{'ratio':>7}{'bar':>6}  ok")
    print(f"{'2,000 ops in 100 jobs, by hand':<34}{found['by hand']:>7.2f}")
    print(
        f"{'100 deployments of 20 steps':<34}{found['deployments']:>7.2f}{ratio:>7.2f}"
        f"{BAR:>6.2f}  {'yes' if ok else 'NO'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    if len(sys.argv) == 3:
        load(sys.argv[1], Path(sys.argv[2]))
        sys.exit()
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
