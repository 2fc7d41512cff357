"""A frame goes from step to step faster than Arrow takes it, digest included.

Both write the frame, read it back and touch every column; `MEGABYTES` as an argument takes a
smaller frame for a quick look.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from pyarrow import feather  # type: ignore[import-not-found,import-untyped,unused-ignore]

from lolpop.storage import Store, artifacts

MEGABYTES = 1_000
COLUMNS = 25
BAR = 1.3
ROUNDS = 5


def frame(megabytes: int) -> Any:
    """Make a frame of numbers; each column is an array of its own, as when columns are added."""
    rows = megabytes * 1_000_000 // 8 // COLUMNS
    random = np.random.default_rng(0)
    return pd.DataFrame({f"column {number}": random.random(rows) for number in range(COLUMNS)})


def by_lolpop(value: Any, folder: Path) -> Any:
    """Store the frame as an artifact, and load it."""
    store = Store(str(folder))
    return artifacts.get(store, artifacts.put(store, value, folder).digest, folder)


def by_arrow(value: Any, folder: Path) -> Any:
    """Write the frame as an uncompressed feather file, and map it into memory."""
    path = str(folder / "frame.feather")
    feather.write_feather(value, path, compression="uncompressed")
    return feather.read_table(path, memory_map=True).to_pandas()


def seconds(way: Callable[[Any, Path], Any], value: Any) -> float:
    """Time one way from step to step."""
    folder = Path(tempfile.mkdtemp(prefix="lolpop-benchmark-"))
    try:
        start = time.perf_counter()
        found = way(value, folder)
        total = found.sum().sum()
        elapsed = time.perf_counter() - start
        if total != value.sum().sum():
            sys.exit("what came back isn't what went in")
        return elapsed
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Compare medians of interleaved pairs, and give the exit code."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
    value = frame(megabytes)
    pairs = [(seconds(by_lolpop, value), seconds(by_arrow, value)) for _ in range(ROUNDS + 1)][1:]
    ours, arrow = (median(times) for times in zip(*pairs, strict=True))
    ratio = arrow / ours
    print(f"lolpop {megabytes / ours:,.0f} MB/s, Arrow {megabytes / arrow:,.0f} MB/s")
    print(f"a frame of {megabytes} MB: {ratio:.2f} times as fast as Arrow, at least {BAR}")
    return int(ratio < BAR)


if __name__ == "__main__":
    sys.exit(main())
