"""A project in a folder of its own that is packaged, and a storage in another."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from lolpop import plugins
from lolpop.contract import Package, Step, StepGraph, Workflow
from lolpop.errors import LolpopError
from lolpop.inprocess import Source, prepared
from lolpop.package.building import build
from lolpop.package.opening import Opened, unpack
from lolpop.storage import Store

GRAPH = StepGraph(steps=(Step(name="train.fit"),))
CODE = """
    from lolpop import Component, Config, Inherited, Pipeline, Runner

    class Train(Pipeline):
        def fit(self, seed): return seed

    class Flow(Runner):
        def run(self, seed: int = 7): return self.train.fit(seed)
"""
YAML = """
    runner: Flow
    modules: [flow]
    pipelines: {train: Train}
"""


class Project:
    """The project in the working folder: `lolpop.yaml` and the module `flow`."""

    def __init__(self, folder: Path, storage: Path) -> None:
        self.folder = folder
        self.store = Store(str(storage))
        self.graph = GRAPH
        self.cache = storage.parent / "cache"

    def write(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def yaml(self, further: str = "") -> None:
        self.write("lolpop.yaml", dedent(YAML) + dedent(further))

    def package(self, *files: str, local: Path | None = None, **changes: Any) -> Package:
        modules = changes.get("modules", ())
        with prepared(Source(files, file=local, modules=modules)) as blueprint:
            cls = blueprint.runner.cls
            assert cls is not None
            workflow = Workflow(
                project_folder=blueprint.document.folder,
                config_files=blueprint.document.files,
                runner=f"{cls.__module__}:{cls.__qualname__}",
                entrypoint="run",
                local_file=local,
            )
            return build(blueprint, replace(workflow, **changes), self.graph, self.store)

    def paths(self) -> list[str]:
        """Package, and give the paths of the project's files."""
        files = self.package().manifest.files
        return [file.path[8:] for file in files if file.path.startswith("project/")]

    def refusal(self, *files: str, **changes: Any) -> tuple[str, str | None]:
        """Give the message and the hint of the error that packaging ends with."""
        with pytest.raises(LolpopError) as caught:
            self.package(*files, **changes)
        return caught.value.message, caught.value.hint

    def opened(self, package: Package | None = None) -> Opened:
        return unpack(self.store, (package or self.package()).digest, self.cache)

    def forget(self) -> None:
        """Let the modules of the project be imported anew."""
        importlib.invalidate_caches()
        for name in ("flow", "lolpop_file_flow"):
            sys.modules.pop(name, None)


class Site:
    """A folder of installed distributions, first on `sys.path`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, further: str = "", version: str = "1.0", **files: str) -> Path:
        module = name.replace("-", "_")
        info = self.folder / f"{module}-{version}.dist-info"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        content = {"METADATA": head + further.strip() + "\n\nRequires-Dist: text\n"}
        content |= {"WHEEL": "Wheel-Version: 1.0\nGenerator: x 1\nTag: py3-none-any\n", **files}
        info.mkdir(parents=True)
        for file, text in content.items():
            (info / file).write_text(text)
        (self.folder / f"{module}.py").write_text("VALUE = 7\n")
        return info

    def record(self, info: Path, *further: str) -> None:
        module = info.name.partition("-")[0]
        names = [f"{info.name}/{file.name}" for file in info.iterdir()]
        lines = [f"{name},," for name in [f"{module}.py", *names, *further]]
        (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,"]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.syspath_prepend(tmp_path / "site")
    return Site(tmp_path / "site")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    plugins.forget()
    made = Project(folder, tmp_path / "storage")
    made.write("flow.py", CODE)
    made.yaml()
    yield made
    plugins.forget()
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]
