"""Measure one command against another, side by side in one run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

WARM_UP = 3
ROUNDS = 25
SCRIPTS = Path(sys.executable).parent
LOLPOP = str(SCRIPTS / "lolpop")


@dataclass(frozen=True)
class Command:
    """What is timed: arguments, variables laid over the environment, and a working folder."""

    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def seconds(self) -> float:
        """Run it once, and give its wall time; its failure is an error with its output."""
        environment = {**os.environ, **self.variables}
        # Without bytecode every import is compiled anew, and that is all that would be measured.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        start = time.perf_counter()
        done = subprocess.run(
            self.arguments, env=environment, cwd=self.folder, capture_output=True, text=True
        )
        elapsed = time.perf_counter() - start
        if done.returncode:
            sys.exit(f"{' '.join(self.arguments)} failed:\n{done.stdout}{done.stderr}")
        return elapsed


@dataclass(frozen=True)
class Budget:
    """At most `bar` times the seconds of the reference."""

    name: str
    subject: Command
    reference: Command
    bar: float

    def ratio(self) -> float:
        """Compare medians of interleaved pairs, so that a slow moment hits both sides."""
        pairs = [
            (self.subject.seconds(), self.reference.seconds()) for _ in range(WARM_UP + ROUNDS)
        ]
        timed = pairs[WARM_UP:]
        return median(subject for subject, _ in timed) / median(other for _, other in timed)


def report(budgets: Sequence[Budget]) -> int:
    """Measure each and print its line: 0, or 1 if one is over its bar."""
    print(f"{'name':<34}{'ratio':>7}{'bar':>6}  ok")
    kept = True
    for budget in budgets:
        ratio = budget.ratio()
        ok = ratio <= budget.bar
        print(f"{budget.name:<34}{ratio:>7.2f}{budget.bar:>6.2f}  {'yes' if ok else 'NO'}")
        kept &= ok
    return 0 if kept else 1


Bars = Mapping[str, tuple[str | None, float]]
"""By name: what it is measured against, and how often as long it may take; or else the seconds."""


def table(seconds: Mapping[str, float], bars: Bars) -> int:
    """Print what each took: 0, or 1 if one is over its bar."""
    print(f"{'name':<34}{'s':>7}{'ratio':>7}{'bar':>6}  ok")
    kept = True
    for name, took in seconds.items():
        against, bar = bars.get(name, (None, None))
        line = f"{name:<34}{took:>7.2f}"
        if bar is not None:
            value = took / seconds[against] if against else took
            kept &= value <= bar
            ratio = f"{value:>7.2f}" if against else " " * 7
            line += f"{ratio}{bar:>6.2f}  {'yes' if value <= bar else 'NO'}"
        print(line)
    return 0 if kept else 1


def seconds_of(call: Callable[[], object]) -> float:
    """Make a call; give its wall time."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
