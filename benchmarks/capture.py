"""Finding the steps of a workflow takes little time, and grows only with their number."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from lolpop.contract.graph import StepGraph
from lolpop.inprocess import Source, prepared
from lolpop.steps import capture

SECONDS = 0.1
RATIO = 1.5
ROUNDS = 7

HEAD = """\
import lolpop


class Work(lolpop.Pipeline):
    def do(self, value, number):
        return value


class Flow(lolpop.Runner):
    def run(self, x=1):
"""
LOOP = """\
        for number in range({count}):
            x = self.work.do(x, number)
"""
LINE = "        x = self.work.do(x, {number})\n"


def written(folder: Path, name: str, body: str) -> Path:
    """Write a workflow, and give its configuration file."""
    (folder / f"{name}.py").write_text(f"{HEAD}{body}        return x\n")
    file = folder / f"{name}.yaml"
    file.write_text(f"runner: Flow\nmodules: [{name}]\npipelines: {{work: Work}}\n")
    return file


def seconds(file: Path, count: int) -> float:
    """Give the median processor time of a capture; it never waits, and others are busy too."""
    importlib.invalidate_caches()
    times = []
    with prepared(Source((str(file),))) as blueprint:
        for _ in range(ROUNDS):
            start = time.process_time()
            graph: StepGraph = capture(blueprint, "run")
            times.append(time.process_time() - start)
            if len(graph.steps) != count:
                sys.exit(f"{len(graph.steps)} steps instead of {count}: {graph.collapses}")
    return median(times)


def measured(kind: str, bodies: Sequence[tuple[int, str]], folder: Path) -> bool:
    """Measure one way to write many steps, and print its two lines."""
    small, large = [
        seconds(written(folder, f"{kind}_{count}", body), count) for count, body in bodies
    ]
    ratio = (large / bodies[1][0]) / (small / bodies[0][0])
    kept = small <= SECONDS and ratio <= RATIO
    first, second = (f"{count:,} steps, {kind}" for count, _ in bodies)
    print(f"{first:<34}{small:>7.3f}{SECONDS:>6.2f}  {'yes' if small <= SECONDS else 'NO'}")
    print(f"{second:<34}{ratio:>7.2f}{RATIO:>6.2f}  {'yes' if ratio <= RATIO else 'NO'}")
    return kept


def main() -> int:
    """Measure steps of a loop and steps of as many lines: 0, or 1 if one is over its bar."""
    print(f"{'name':<34}{'s, x':>7}{'bar':>6}  ok")
    counts = (1_000, 10_000)
    loops = [(count, LOOP.format(count=count)) for count in counts]
    lines = [(count, "".join(LINE.format(number=i) for i in range(count))) for count in counts]
    with tempfile.TemporaryDirectory() as folder:
        kept = [
            measured("loop", loops, Path(folder)),
            measured("lines", lines, Path(folder)),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main())
