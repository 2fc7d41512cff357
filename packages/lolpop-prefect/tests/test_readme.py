"""The README's commands run as they stand, one after the other, and its table of keys is whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lolpop.testing import Readme
from lolpop_prefect.config import PrefectConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

README = Readme(Path(__file__).parents[1] / "README.md")
SCRIPTS = Path(sys.executable).parent


def test_every_config_key_is_in_the_table_with_its_default() -> None:
    README.expect_keys(PrefectConfig())


def test_it_starts_what_the_tests_start(engine: Any) -> None:
    processes = [engine.processes[name] for name in ("server", "worker")]
    started = [" ".join(process.args[1:]).removeprefix("-m ") for process in processes]
    wanted = README.commands("prefect")
    assert len(wanted) == len(started)
    assert all(real.startswith(said) for said, real in zip(wanted, started, strict=True))


@pytest.fixture
def demo(engine: Any, tmp_path: Path) -> Path:
    """Give a project of `lolpop init`, edited as the README says."""
    subprocess.run([SCRIPTS / "lolpop", "init", "demo"], cwd=tmp_path, check=True)
    file = tmp_path / "demo" / "lolpop.yaml"
    (text,) = README.blocks("yaml")
    text = text.replace("http://127.0.0.1:4200/api", engine.url)
    edited: Mapping[str, Any] = {**yaml.safe_load(file.read_text()), **yaml.safe_load(text)}
    file.write_text(yaml.safe_dump(edited), "utf-8")
    return tmp_path / "demo"


def test_its_commands_run(engine: Any, demo: Path) -> None:
    environment = {**engine.environment, "PATH": f"{SCRIPTS}:{engine.environment['PATH']}"}
    for line in README.commands("lolpop"):
        done = subprocess.run(
            line.split(), cwd=demo, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, line + done.stdout + done.stderr
