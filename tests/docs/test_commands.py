"""The README's commands, run as they stand by somebody who has nothing yet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^```console\n([^$].*?)\n```", README, re.MULTILINE | re.DOTALL)
IGNORED = (".git", ".nox", ".venv", ".*_cache", "__pycache__", "*.egg-info", "outputs")


def shell(command: str, folder: Path, **environment: str) -> str:
    """Run a line as a person would type it; give what it prints."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("VIRTUAL_ENV")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**clean, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("clone") / "lolpop"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*IGNORED))
    yield folder
    shutil.rmtree(folder)


def test_the_readme_has_three_commands() -> None:
    endings = [command.rpartition("&& ")[2] for command in COMMANDS]
    assert endings == ["lolpop run workflow", ".venv/bin/nox -s demo", ".venv/bin/nox"]


def test_the_first_ten_minutes(tmp_path: Path, clone: Path) -> None:
    # The index is a folder with the wheel of this clone; everything else is as a user has it.
    python = tmp_path / "env" / "bin" / "python"
    shell(f"{sys.executable} -m venv env", tmp_path)
    core = clone / "packages" / "lolpop-core"
    shell(f"{python} -m pip wheel -q --no-deps -w wheels {core}", tmp_path)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    links = f"{tmp_path / 'wheels'} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    printed = shell(COMMANDS[0], tmp_path, PATH=path, PIP_FIND_LINKS=links)
    shown = re.search(r"output of the block above -->\n```text\n(.*?)```", README, re.DOTALL)
    assert shown
    assert without_times(printed).endswith(without_times(shown[1]))


def test_the_demo(clone: Path) -> None:
    printed = shell(COMMANDS[1], clone)
    accuracy = re.search(r"accuracy (0\.9\d+|1\.0+) on 86 held-out rows", printed)
    assert accuracy, printed
    assert re.search(r"done: PenguinRunner.build_all in \d+\.\d\d s", printed)
    assert re.search(r"^done: run \S+ succeeded$", printed, re.MULTILINE)
    assert "removed: deployment penguin-runner" in printed
    report = re.search(r"^written: file://(\S+\.html)$", printed, re.MULTILINE)
    assert report
    assert "penguin-runner" in Path(report[1]).read_text("utf-8")


def test_the_error_that_the_readme_shows() -> None:
    shown = re.search(r"^```console\n\$ (.*?)\n(.*?)```", README, re.MULTILINE | re.DOTALL)
    assert shown
    script = Path(sys.executable).with_name("lolpop")
    done = subprocess.run(
        ["bash", "-c", shown[1].replace("lolpop", str(script), 1)],
        cwd=ROOT / "examples" / "penguins",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", shown[2])


def test_the_life_of_a_deployment(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deployments.md").read_text("utf-8")
    (shown,) = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell("lolpop init demo", tmp_path, PATH=path)
    folder = tmp_path / "demo"
    printed = [
        f"$ {line}\n{shell(line, folder, PATH=path, COLUMNS='100')}"
        for line in re.findall(r"^\$ (.*)$", shown, re.MULTILINE)
    ]
    assert without_names("".join(printed)) == without_names(shown)


def without_names(text: str) -> str:
    """Take out what differs each time: run ids, digests, places, times."""
    text = re.sub(r"\d{8}-\d{6}-\w{6}", "RUN", without_times(text))
    return re.sub(r"\b[0-9a-f]{12}\b", "DIGEST", re.sub(r"file://\S*?/\.lolpop", "STORE", text))


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d+ s", "… s", text)
