"""A step under Dagster takes what a hand-written op takes that starts the same child.

Both jobs run in this process, on an instance of their own, one after the other: what each op
takes is what Dagster itself says.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import dagster as dg

from _ratio import LOLPOP
from lolpop.contract import DeploymentSpec, RunRef
from lolpop.execution.request import Request, command
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop.storage.records import Runs
from lolpop_dagster.building import job_of
from lolpop_dagster.jobfile import JobFile

STEPS = 12
ROUNDS = 5
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
CONFIG = "runner: Flow\nmodules: [flow]\npipelines: {work: Work}\n"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def deployed(folder: Path) -> JobFile:
    """Package a project; give its deployment's file."""
    (folder / "flow.py").write_text(FLOW)
    (folder / "lolpop.yaml").write_text(CONFIG)
    line = [LOLPOP, "deployment", "package", "--output", "json"]
    done = subprocess.run(line, cwd=folder, check=True, capture_output=True, text=True)
    digest = json.loads(done.stdout)["digest"]
    storage = str(folder / ".lolpop")
    manifest = read_manifest(Store(storage), digest)
    spec = DeploymentSpec(name="flow", project="bench", storage=storage, interpreter=sys.executable)
    return JobFile(
        package=digest,
        spec=spec,
        graph=manifest.graph,
        parameters=manifest.parameters,
    )


def by_hand(file: JobFile) -> dg.JobDefinition:
    """Write the same job by hand: each op starts the step command and logs what it prints."""

    def op_of(name: str, number: int) -> Any:
        @dg.op(
            name=f"step_{number}",
            ins={"start": dg.In(dg.Nothing)} if number else {},
            out=dg.Out(dg.Nothing),
        )
        def step(context: dg.OpExecutionContext) -> None:
            ref = RunRef("ByHand", "flow", context.run_id)
            Runs(Store(file.spec.storage)).open(ref, file.package)
            request = Request(storage=file.spec.storage, package=file.package, ref=ref, step=name)
            line = command(request, sys.executable)
            with subprocess.Popen(
                line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as child:
                assert child.stdin
                assert child.stdout
                with child.stdin as orders:
                    orders.write(b"{}")
                for said in child.stdout:
                    context.log.info(said.decode().rstrip())
            if child.returncode:
                raise dg.Failure(f"exit code {child.returncode}")

        return step

    ops = [op_of(step.name, number) for number, step in enumerate(file.graph.steps)]

    @dg.job(name="by_hand")
    def flow() -> None:
        before = ops[0]()
        for op in ops[1:]:
            before = op(start=before)

    return flow


def seconds_of(job: dg.JobDefinition, instance: dg.DagsterInstance) -> float:
    """Run a job; give the seconds that its ops take at the median."""
    result = job.execute_in_process(run_config=QUIET, instance=instance)
    assert result.success
    times = [*durations(result)]
    assert len(times) == STEPS
    return median(times)


def durations(result: Any) -> Iterator[float]:
    """Yield the seconds of each op, as Dagster measured them."""
    for event in result.all_events:
        if event.is_step_success:
            yield event.event_specific_data.duration_ms / 1_000


def main(folder: Path) -> int:
    """Measure both in turn, and give the exit code."""
    (folder / "project").mkdir()
    (folder / "home").mkdir()
    (folder / "home" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    os.environ["DAGSTER_HOME"] = str(folder / "home")
    file = deployed(folder / "project")
    jobs = {"an op by hand": by_hand(file), "a step": job_of(file, "bench")}
    with dg.DagsterInstance.get() as instance:
        for job in jobs.values():
            seconds_of(job, instance)
        rounds = [
            {name: seconds_of(job, instance) for name, job in jobs.items()} for _ in range(ROUNDS)
        ]
    found = {name: 1_000 * median(each[name] for each in rounds) for name in jobs}
    ratio = median(each["a step"] / each["an op by hand"] for each in rounds)
    ok = ratio <= BAR
    print(f"{'name':<34}{'ms':>7}{'ratio':>7}{'bar':>6}  ok")
    print(f"{'an op by hand, the same child':<34}{found['an op by hand']:>7.0f}")
    said = "yes" if ok else "NO"
    print(f"{'a step under Dagster':<34}{found['a step']:>7.0f}{ratio:>7.2f}{BAR:>6.2f}  {said}")
    return 0 if ok else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
