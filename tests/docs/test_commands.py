"""The README's commands, run as they stand by somebody who has nothing yet."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


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
