"""A project in a folder of its own, checked, built and run in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from lolpop import inprocess, plugins
from lolpop.errors import ConfigError
from lolpop.inprocess import Outcome, Source, prepared, run_workflow
from lolpop.workflow.assembly import Tree, assemble

HEADER = "from lolpop import Component, Config, Inherited, Orchestrator, Pipeline, Runner\n"


class Project:
    """The project in the working folder: `lolpop.yaml` and the module `flow`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    def yaml(self, text: str) -> None:
        self.write("lolpop.yaml", text)

    def code(self, text: str, name: str = "flow.py") -> Path:
        return self.write(name, HEADER + dedent(text))

    def plugin(self, name: str, entries: str, code: str = "") -> None:
        """Install a distribution with one module of the same name."""
        site = self.folder / "site"
        self.write(f"site/{name}-1.0.dist-info/METADATA", f"Name: {name}\nVersion: 1.0\n")
        self.write(f"site/{name}-1.0.dist-info/entry_points.txt", entries)
        self.code(code, f"site/{name}.py")
        sys.path[:0] = [str(site)]
        plugins.forget()

    def check(self, **keywords: Any) -> None:
        with prepared(Source(**keywords)):
            pass

    def problems(self, **keywords: Any) -> list[str]:
        """Give all problems in order: `place: path: message (hint)`."""
        with pytest.raises(ConfigError) as caught:
            self.check(**keywords)
        found = caught.value.problems
        return [f"{each}" + (f" ({each.hint})" if each.hint else "") for each in found]

    def tree(self, **keywords: Any) -> Tree:
        with prepared(Source(**keywords)) as blueprint:
            return assemble(blueprint, os.environ)

    def decorated(self, **keywords: Any) -> Any:
        """Build the workflow as a run does, and give its runner."""
        with prepared(Source(**keywords)) as blueprint:
            return inprocess._built(blueprint).runner

    def run(self, method: str | None = None, *arguments: str, **keywords: Any) -> Outcome:
        return run_workflow(Source(), method, arguments, keywords)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    plugins.forget()
    yield Project(tmp_path)
    plugins.forget()
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]
