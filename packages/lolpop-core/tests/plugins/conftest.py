"""Distributions made for one test, and the command `lolpop` beside them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from lolpop import plugins
from lolpop.cli.app import run
from lolpop.doctor import examination, probe


class Site:
    """A folder on `sys.path` with distributions in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def add(
        self,
        name: str,
        entries: str,
        code: str | None = None,
        *,
        version: str = "1.0",
        requires: str | None = "lolpop-core>=1,<2",
        module: str | None = None,
    ) -> Path:
        """Install a distribution; `entries` are lines of entry_points.txt."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {requires}"] if requires else []
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "entry_points.txt").write_text(entries)
        if code is not None:
            (self.folder / f"{module or name.replace('-', '_')}.py").write_text(code)
        plugins.forget()
        return info

    def orchestrator(self, code: str, name: str = "MineOrchestrator", **keywords: Any) -> None:
        """Install an orchestrator; the code is the class's body."""
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        text = f"from lolpop import *\n\nclass {name}(Orchestrator):\n{lines}"
        self.add("mine", f"[lolpop.orchestrators]\n{name} = mine:{name}\n", text, **keywords)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Give a folder that this process looks for distributions in."""
    made = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    before = set(sys.modules)
    plugins.forget()
    yield made
    plugins.forget()
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


Done = subprocess.CompletedProcess[str]


@pytest.fixture
def lolpop(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Call the command in this process."""

    def call(*arguments: str) -> Done:
        code = run([*arguments])
        said = capfd.readouterr()
        return Done(arguments, code, said.out, said.err)

    return call


@pytest.fixture
def doctor() -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Examine one plugin in a process of its own; give the exit code and the findings."""

    def examine(
        name: str = "MineOrchestrator", timeout: float = 60
    ) -> tuple[int, list[dict[str, Any]]]:
        diagnosis = examination.diagnose(examination.named(name)[0], timeout)
        return examination.exit_code([diagnosis], []), [asdict(each) for each in diagnosis.findings]

    return examine


@pytest.fixture
def examined() -> Callable[..., list[dict[str, Any]]]:
    """Examine one plugin in this process; give the findings."""

    def examine(name: str = "MineOrchestrator") -> list[dict[str, Any]]:
        return [asdict(each) for each in probe.examine(examination.named(name)[0])]

    return examine
