"""Packaging costs little more than hashing and storing the same files."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from lolpop.contract import Package, Step, StepGraph, Workflow
from lolpop.inprocess import Source, prepared
from lolpop.package.building import build
from lolpop.storage import Store

FILES = 1_000
SIZE = 10_000
ROUNDS = 15
BAR = 1.5
GRAPH = StepGraph(steps=(Step(name="run"),))
CODE = "from lolpop import Runner\n\n\nclass Flow(Runner):\n    def run(self): return 1\n"
CONFIG = "runner: Flow\nmodules: [flow]\nstorage: ../storage\n"


def start_project(folder: Path) -> None:
    """Write a project with a thousand files of data."""
    (folder / "data").mkdir(parents=True)
    (folder / "flow.py").write_text(CODE)
    (folder / "lolpop.yaml").write_text(CONFIG)
    for number in range(FILES):
        (folder / "data" / f"{number}.bin").write_bytes(os.urandom(SIZE))


@contextmanager
def packaging(folder: Path, store: Store) -> Iterator[Callable[[], Package]]:
    """Prepare the workflow, as the command does, and give what packages it."""
    os.chdir(folder)
    with prepared(Source()) as blueprint:
        workflow = Workflow(
            project_folder=folder,
            config_files=blueprint.document.files,
            runner="flow:Flow",
            entrypoint="run",
        )
        yield lambda: build(blueprint, workflow, GRAPH, store)


def hashed(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Read and hash every file of a folder, as a script would."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content = path.read_bytes()
            hashlib.sha256(content).hexdigest()
            yield str(path.relative_to(folder)), content


def hash_all(folder: Path) -> None:
    """Hash the files."""
    for _ in hashed(folder):
        pass


def hash_and_store(folder: Path, target: Path) -> None:
    """Hash the files, and store them in a zip."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in hashed(folder):
            archive.writestr(name, content)


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    gc.collect()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def report(name: str, pairs: list[tuple[float, float]]) -> bool:
    """Print the line of a budget, as the other benchmarks do, and tell if it is kept."""
    subject, reference = zip(*pairs, strict=True)
    ratio: float = median(subject) / median(reference)
    print(f"{name:<34}{ratio:>7.2f}{BAR:>6.2f}  {'yes' if ratio <= BAR else 'NO'}")
    return ratio <= BAR


def measure(folder: Path) -> bool:
    """Measure a first package and one of unchanged content, each beside its reference."""
    project, store = folder / "project", Store(str(folder / "storage"))
    start_project(project)
    new, same = [], []
    with packaging(project, store) as package:
        for _ in range(ROUNDS):
            shutil.rmtree(folder / "storage", ignore_errors=True)
            first = seconds(package)
            new.append((first, seconds(lambda: hash_and_store(project, folder / "plain.zip"))))
            same.append((seconds(package), seconds(lambda: hash_all(project))))
    print(f"{'name':<34}{'ratio':>7}{'bar':>6}  ok")
    kept = report("package, 1,000 files of 10 KB", new)
    return report("package, unchanged content", same) and kept


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(0 if measure(Path(temporary).resolve()) else 1)
