"""A trivial step on the embedded orchestrator costs little more than the method that it calls.

Measured side by side: the method called plainly, a process that does nothing, and what each
further step adds to a run: in a warm process, and in a fresh one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from _ratio import LOLPOP, Command
from lolpop.contract import RunRef
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs

ROUNDS = 5
BAR = 10.0
FIRST = 10
"""Steps that aren't counted: the process starts in the first, and is warm after some."""

STEPS = 60
FRESH_STEPS = 15
LONGEST = 120.0

FLOW = """\
import lolpop
{imports}


class Work(lolpop.Pipeline):
    def do(self, x, number):
        return x + number


class Flow(lolpop.Runner):
    work: Work

    def run(self, x: int = 1):
        for number in range({steps}):
            x = self.work.do(x, number)
        return x
"""
FUNCTION = """\
def function_{number}(first, second={number}):
    \"\"\"Give what a module of ordinary length is made of.\"\"\"
    found = [first + each for each in range(second)]
    return {{str(each): each for each in found if each % 2}}


"""
CONFIG = """\
runner: Flow
modules: [flow]
pipelines: {{work: Work}}
orchestrator: {{config: {{fresh: {fresh}}}}}
"""
MODULES = 10
DATA = 8


def start_project(folder: Path, steps: int, fresh: bool) -> Path:
    """Write and deploy a project of 20 files and a megabyte."""
    folder.mkdir()
    modules = [f"part_{number}" for number in range(MODULES)]
    imports = "\n".join(f"import {name}" for name in modules)
    (folder / "flow.py").write_text(FLOW.format(imports=imports, steps=steps))
    (folder / "lolpop.yaml").write_text(CONFIG.format(fresh=str(fresh).lower()))
    for name in modules:
        text = "".join(FUNCTION.format(number=number) for number in range(20))
        (folder / f"{name}.py").write_text(text)
    for number in range(DATA):
        (folder / f"data_{number}.bin").write_bytes(os.urandom(120_000))
    Command([LOLPOP, "deployment", "build"], folder=folder).seconds()
    return folder


def call_plainly() -> float:
    """Give the seconds of one call of the method."""
    scope: dict[str, Callable[..., int]] = {}
    exec("def do(self, x, number): return x + number", scope)
    start = time.perf_counter()
    for number in range(1_000):
        scope["do"](None, 1, number)
    return (time.perf_counter() - start) / 1_000


def start_process() -> float:
    """Give the seconds that a process takes which does nothing."""
    return Command([sys.executable, "-c", "pass"]).seconds()


def run_steps(folder: Path) -> float:
    """Run a deployment; give the seconds that each further step takes."""
    command = [LOLPOP, "deployment", "run", "--output", "json"]
    known = {run.ref for run in runs(folder)}
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    run = ended(folder, known)
    attempts = [step.attempts[0] for step in run.steps()]
    times = [each.ended_at for each in attempts if each.ended_at]
    if len(times) < FIRST + 2 or any(each.error for each in attempts):
        sys.exit(f"the run failed: {run.ended}")
    return (times[-1] - times[FIRST]).total_seconds() / (len(times) - 1 - FIRST)


def runs(folder: Path) -> list[RunRecord]:
    """Give the runs of a project."""
    return Runs(Store(str(folder / ".lolpop"))).all()


def ended(folder: Path, known: set[RunRef]) -> RunRecord:
    """Wait for the end of the run that isn't known yet."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        for run in runs(folder):
            if run.ref not in known and run.ended:
                return run
        time.sleep(0.2)
    sys.exit("the run didn't end")


def main(folder: Path) -> int:
    """Measure all in turn, and give the exit code."""
    warm = start_project(folder / "warm", STEPS, fresh=False)
    fresh = start_project(folder / "fresh", FRESH_STEPS, fresh=True)
    ways: dict[str, Callable[[], float]] = {
        "the method, called plainly": call_plainly,
        "python -c pass": start_process,
        "a step in a fresh process": lambda: run_steps(fresh),
        "a step in a warm process": lambda: run_steps(warm),
    }
    rounds = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    found = {name: 1_000 * median(each[name] for each in rounds) for name in ways}
    print(f"{'name':<34}{'ms':>7}{'bar':>6}  ok")
    for name in list(ways)[:-1]:
        print(f"{name:<34}{found[name]:>7.2f}")
    over = found["a step in a warm process"] - found["the method, called plainly"]
    ok = over <= BAR
    print(
        f"{'a step in a warm process, over it':<34}{over:>7.2f}{BAR:>6.2f}  {'yes' if ok else 'NO'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(Path(temporary).resolve()))
