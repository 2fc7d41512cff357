"""The README's commands, by somebody with Python and git: no pip or uv on PATH, nothing cached."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from stranger import AGES, DIST, PYTHONS, ROOT, Stranger

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^```console\n([^$].*?)\n```", README, re.MULTILINE | re.DOTALL)
SHOWN = re.search(r"output of the block above -->\n```text\n(.*?)```", README, re.DOTALL)
LIFE = ("plan", "build", "run --wait", "status", "logs", "list", "stop", "remove")


def test_the_readme_has_three_commands() -> None:
    endings = [command.rpartition("&& ")[2] for command in COMMANDS]
    assert endings == ["lolpop run workflow", ".venv/bin/nox -s demo", ".venv/bin/nox"]


def test_the_demo(stranger: Stranger) -> None:
    stranger.run(f"git clone --quiet {ROOT} clone")
    printed = stranger.run(COMMANDS[1], stranger.folder / "clone")
    assert re.search(r"accuracy (0\.9\d+|1\.0+) on 86 held-out rows", printed), printed
    assert re.search(r"done: PenguinRunner.build_all in \d+\.\d\d s", printed)
    assert re.search(r"^done: run \S+ succeeded$", printed, re.MULTILINE)
    assert "removed: deployment penguin-runner" in printed
    report = re.search(r"^written: file://(\S+\.html)$", printed, re.MULTILINE)
    assert report
    assert "penguin-runner" in Path(report[1]).read_text("utf-8")


@pytest.mark.parametrize("python", PYTHONS, ids=AGES)
def test_the_first_ten_minutes_and_a_whole_life(stranger: Stranger, python: str) -> None:
    # The index is the folder with what was built; everything else is as a user has it.
    links = f"{DIST} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    stranger.run([python, "-m", "venv", "env"])
    more = {"PATH": f"{stranger.folder / 'env' / 'bin'}:/usr/bin:/bin", "PIP_FIND_LINKS": links}
    printed = stranger.run(COMMANDS[0], **more)
    assert SHOWN
    assert without_times(printed).endswith(without_times(SHOWN[1]))
    stranger.run("pip uninstall --quiet --yes pip", **more)

    def lolpop(words: str) -> Any:
        return json.loads(stranger.run(f"lolpop {words} --output json", folder, **more))

    folder = stranger.folder / "demo"
    for words in LIFE:
        stranger.run(f"lolpop deployment {words}", folder, **more)
    (run,) = lolpop("runs list")["runs"]
    assert run["run"]["state"] == "succeeded"
    assert stranger.run("lolpop runs report latest", folder, **more).startswith("written: file://")
    assert lolpop("deployment list") == []


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d+ s", "… s", text)
