"""A frame goes from step to step faster than Arrow takes it, digest included.

Steps run in processes of their own: so one process writes the frame, and another one, whose memory
is new, reads it back and touches every column. Both ways take turns, each as often first, and the
best of each counts, since what else the machine does only adds. `MEGABYTES` as an argument takes a
smaller frame for a quick look.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from pyarrow import feather  # type: ignore[import-not-found,import-untyped,unused-ignore]

from lolpop.storage import Store, artifacts

MEGABYTES = 1_000
COLUMNS = 25
BAR = 1.1
ROUNDS = 6


def frame(megabytes: int) -> Any:
    """Make a frame of numbers; each column is an array of its own, as when columns are added."""
    rows = megabytes * 1_000_000 // 8 // COLUMNS
    random = np.random.default_rng(0)
    return pd.DataFrame({f"column {number}": random.random(rows) for number in range(COLUMNS)})


class Lolpop:
    """Stores the frame as an artifact, and loads it."""

    def write(self, value: Any, folder: Path) -> str:
        """Write the frame; give what it is found by."""
        return artifacts.put(Store(str(folder)), value, folder).digest

    def read(self, name: str, folder: Path) -> Any:
        """Read the frame."""
        return artifacts.get(Store(str(folder)), name, folder)


class Arrow:
    """Writes the frame as an uncompressed feather file, and maps it into memory."""

    def write(self, value: Any, folder: Path) -> str:
        """Write the frame; give what it is found by."""
        feather.write_feather(value, str(folder / "frame.feather"), compression="uncompressed")
        return "frame.feather"

    def read(self, name: str, folder: Path) -> Any:
        """Read the frame."""
        return feather.read_table(str(folder / name), memory_map=True).to_pandas()


WAYS: dict[str, Lolpop | Arrow] = {"lolpop": Lolpop(), "Arrow": Arrow()}


def write(way: str, folder: Path, megabytes: int) -> dict[str, Any]:
    """Make a frame, and time writing it."""
    value = frame(megabytes)
    start = time.perf_counter()
    name = WAYS[way].write(value, folder)
    elapsed = time.perf_counter() - start
    return {"seconds": elapsed, "name": name, "total": float(value.sum().sum())}


def read(way: str, folder: Path, name: str) -> dict[str, Any]:
    """Time reading a frame and touching every column."""
    start = time.perf_counter()
    total = float(WAYS[way].read(name, folder).sum().sum())
    return {"seconds": time.perf_counter() - start, "total": total}


def in_process(*words: str) -> dict[str, Any]:
    """Do one part in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seconds(way: str, megabytes: int) -> float:
    """Time one way from step to step."""
    with tempfile.TemporaryDirectory(prefix="lolpop-benchmark-") as folder:
        written = in_process("write", way, folder, str(megabytes))
        found = in_process("read", way, folder, written["name"])
    if found["total"] != written["total"]:
        sys.exit("what came back isn't what went in")
    elapsed: float = written["seconds"] + found["seconds"]
    return elapsed


def main(megabytes: int) -> int:
    """Compare the best of both ways, and give the exit code."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        for way in list(WAYS)[:: 1 if number % 2 else -1]:
            times[way].append(seconds(way, megabytes))
    ours, arrow = (min(times[way]) for way in WAYS)
    ratio = arrow / ours
    print(f"lolpop {megabytes / ours:,.0f} MB/s, Arrow {megabytes / arrow:,.0f} MB/s")
    print(f"a frame of {megabytes} MB: {ratio:.2f} times as fast as Arrow, at least {BAR}")
    return int(ratio < BAR)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", way, folder, megabytes]:
            print(json.dumps(write(way, Path(folder), int(megabytes))))
        case ["read", way, folder, name]:
            print(json.dumps(read(way, Path(folder), name)))
        case [megabytes]:
            sys.exit(main(int(megabytes)))
        case _:
            sys.exit(main(MEGABYTES))
