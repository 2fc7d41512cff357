"""A call that shows on Prefect takes what the same call takes under a hand-written `@task`.

One workflow makes both in turn, within one flow run on a server that is started here.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from _prefect import lolpop, project, started

BAR = 1.1
FLOW = """
from statistics import median
from time import perf_counter

import lolpop
from prefect import task
from prefect.cache_policies import NO_CACHE


def increased(number):
    return number + 1


by_hand = task(cache_policy=NO_CACHE, persist_result=False, log_prints=True)(increased)


class Work(lolpop.Pipeline):
    def do(self, number):
        return increased(number)


class Flow(lolpop.Runner):
    work: Work

    def run(self, warm_up: int = 20, rounds: int = 200):
        ways = {"a task by hand": by_hand, "a decorated call": self.work.do}
        times = {name: [] for name in ways}
        for number in range(warm_up + rounds):
            for name, way in ways.items():
                start = perf_counter()
                way(number)
                times[name].append(perf_counter() - start)
        return {name: 1_000 * median(each[warm_up:]) for name, each in times.items()}
"""


def main(folder: Path) -> int:
    """Start a server, measure, and give the exit code."""
    with started(folder, worker=False) as engine:
        project(folder / "project", FLOW, engine)
        found: dict[str, Any] = lolpop(folder / "project", "run", "workflow")["result"]
    ratio = found["a decorated call"] / found["a task by hand"]
    ok = ratio <= BAR
    print(f"{'name':<34}{'ms':>7}{'ratio':>7}{'bar':>6}  ok")
    print(f"{'a task by hand':<34}{found['a task by hand']:>7.1f}")
    said = "yes" if ok else "NO"
    print(
        f"{'a decorated call':<34}{found['a decorated call']:>7.1f}{ratio:>7.2f}{BAR:>6.2f}  {said}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
