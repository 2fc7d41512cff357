"""The same content gives the same bytes, wherever and whenever it is packaged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lolpop.package.archive import size_of, write_zip

SCRIPT = """
import os, random, sys
os.umask(int(sys.argv[2], 8))
if sys.argv[3] == "shuffled":
    from types import SimpleNamespace
    from lolpop.package import listing
    class Shuffled(list):
        __enter__ = lambda self: self
        __exit__ = lambda self, *error: None
    def scandir(path):
        with os.scandir(path) as entries:
            found = Shuffled(entries)
        random.shuffle(found)
        return found
    listing.os = SimpleNamespace(**{**vars(os), "scandir": scandir})
from pathlib import Path
from lolpop.contract import Step, StepGraph, Workflow
from lolpop.inprocess import Source, prepared
from lolpop.package.building import build
from lolpop.storage import Store
with prepared(Source()) as blueprint:
    folder = Path.cwd()
    workflow = Workflow(project_folder=folder, config_files=blueprint.document.files,
                        runner="flow:Flow", entrypoint="run")
    graph = StepGraph(steps=(Step(name="train.fit"),))
    package = build(blueprint, workflow, graph, Store(sys.argv[1]))
print(package.digest, package.size)
"""
CODE = """
from dataclasses import dataclass
from enum import Enum
from typing import Literal
from lolpop import Pipeline, Runner

class Color(Enum):
    RED = "red"
    BLUE = "blue"

@dataclass
class Point:
    x: int
    y: int = 0

class Train(Pipeline):
    def fit(self, seed): return seed

class Flow(Runner):
    def run(self, seed: int = 7, mode: Literal["a", "b"] = "a", color: Color = Color.RED,
            names: set[str] = frozenset(), point: Point | None = None):
        return self.train.fit(seed)
"""
YAML = """
runner: Flow
modules: [flow]
pipelines: {train: Train}
config: {z: 1, a: {y: [1, 2], b: null}, text: "ü 日本", price: "$$5", late: "${env:X:-y}"}
"""


def start(folder: Path, mode: int, time: float) -> Path:
    """Write the project, its files in an order and with times and modes of their own."""
    names = ["data/a.csv", "data/B.csv", "data/ü.csv", "flow.py", "run.sh", "lolpop.yaml"]
    content = {"flow.py": CODE, "lolpop.yaml": YAML}
    for name in names if mode else reversed(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.get(name, name), encoding="utf-8")
        path.chmod((0o755 if name == "run.sh" else 0o644) & ~mode)
        os.utime(path, (time, time))
    return folder


def package(folder: Path, storage: Path, *arguments: str, **variables: str) -> tuple[str, bytes]:
    command = [sys.executable, "-c", SCRIPT, str(storage), *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    digest, size = done.stdout.split()
    content = (storage / "packages" / f"{digest}.zip").read_bytes()
    assert len(content) == int(size)
    return digest, content


def test_two_folders_at_two_places_give_the_same_bytes(tmp_path: Path) -> None:
    one = start(tmp_path / "one", 0o000, 1_000_000_000)
    two = start(tmp_path / "a/deep/er folder", 0o077, 1_700_000_000)
    first = package(
        one, tmp_path / "s1", "022", "as it is", TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1"
    )
    second = package(
        *(two, tmp_path / "s2", "077", "shuffled"),
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="2",
        LANG="tr_TR.UTF-8",
    )
    assert first == second


def test_a_repository_of_git_changes_nothing_if_it_ignores_nothing(tmp_path: Path) -> None:
    one = start(tmp_path / "one", 0, 1_000_000_000)
    two = tmp_path / "two"
    shutil.copytree(one, two)
    subprocess.run(["git", "init", "-q"], cwd=two, check=True)
    first = package(one, tmp_path / "s1", "022", "shuffled")
    assert first == package(two, tmp_path / "s2", "022", "as it is")


def test_unchanged_content_is_not_written_again(project: Any) -> None:
    first = project.package()
    path = project.store.local_path(f"packages/{first.digest}.zip")
    before = path.stat()
    assert project.package() == first
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert project.store.list() == [f"packages/{first.digest}.zip"]


def test_a_stored_package_that_was_cut_off_is_written_again(project: Any) -> None:
    package = project.package()
    path = project.store.local_path(f"packages/{package.digest}.zip")
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    project.package()
    assert path.read_bytes() == whole


def test_entries_are_sorted_uncompressed_and_of_the_first_day(project: Any) -> None:
    for name in ("b.txt", "A.txt", "z/a.txt"):
        project.write(name, "x")
    package = project.package()
    with zipfile.ZipFile(project.store.local_path(f"packages/{package.digest}.zip")) as archive:
        infos = archive.infolist()
    assert infos[0].filename == "manifest.json"
    names = [info.filename for info in infos[1:]]
    assert names == sorted(names) == [file.path for file in package.manifest.files]
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert package.url == f"{project.store.url}/packages/{package.digest}.zip"


@pytest.mark.parametrize("most", [2, 65_535])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_size_is_known_beforehand(
    tmp_path: Path, count: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zipfile.ZIP_FILECOUNT_LIMIT", most)
    monkeypatch.setattr("lolpop.package.archive._MANY", most)
    entries = [(f"ü{number}", b"x" * (number % 7), False) for number in range(count)]
    write_zip(tmp_path / "x.zip", entries)
    expected = (tmp_path / "x.zip").stat().st_size
    assert size_of((name, len(data)) for name, data, _ in entries) == expected
