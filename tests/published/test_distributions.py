"""What is built is what is published, and what the distributions say of each other agrees."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from stranger import AGES, DIST, PYTHONS, ROOT, Stranger

FOLDERS = sorted((ROOT / "packages").iterdir())
TESTED = re.search(r"^VERSIONS = \((.*)\)$", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)
UV = Path(sys.executable).with_name("uv")
LIST = """
import json
from importlib.metadata import entry_points
found = [each for group in entry_points().groups if group.startswith("lolpop.")
         for each in entry_points(group=group)]
print(json.dumps(sorted(each.name for each in found if each.load())))
"""


def project(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def version(folder: Path) -> str:
    said: str | None = project(folder).get("version")
    if said is None:
        (file,) = folder.glob("src/*/_version.py")
        said = file.read_text("utf-8").rpartition("=")[2].strip(' "\n')
    return said


CORE = Version(version(ROOT / "packages" / "lolpop-core"))
each_distribution = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@each_distribution
def test_sdist_and_wheel_are_there_and_no_other(folder: Path) -> None:
    stem = f"{folder.name.replace('-', '_')}-{version(folder)}"
    found = sorted(file.name for file in DIST.glob(f"{folder.name.replace('-', '_')}-*"))
    assert found == [f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"]


@each_distribution
def test_the_sdist_builds_the_same_wheel(folder: Path, tmp_path: Path, stranger: Stranger) -> None:
    stem = f"{folder.name.replace('-', '_')}-{version(folder)}"
    stranger.run(["tar", "-xf", DIST / f"{stem}.tar.gz"])
    stranger.run([PYTHONS[-1], "-m", "venv", "env"])
    stranger.run(f"env/bin/python -m pip wheel -q --no-deps -w built ./{stem}")
    wheel = f"{stem}-py3-none-any.whl"
    assert (tmp_path / "built" / wheel).read_bytes() == (DIST / wheel).read_bytes()


@each_distribution
def test_the_changelog_begins_with_the_version(folder: Path) -> None:
    changelog = (folder / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## \[(.*?)\]", changelog, re.MULTILINE)
    assert headings[0] == version(folder)


@each_distribution
def test_classifiers_name_the_pythons_that_are_tested(folder: Path) -> None:
    said = project(folder)
    assert TESTED
    tested = re.findall(r'"(.*?)"', TESTED[1])
    prefix = "Programming Language :: Python :: 3."
    named = [each for each in said["classifiers"] if each.startswith(prefix)]
    assert [each.rpartition(" ")[2] for each in named] == tested
    assert said["requires-python"] == f">={tested[0]}"


@each_distribution
def test_plugins_ask_for_the_core_of_their_contract(folder: Path) -> None:
    required = {each.name: each for each in map(Requirement, project(folder)["dependencies"])}
    if folder.name == "lolpop-core":
        assert not any(name.startswith("lolpop") for name in required)
    else:
        bound = f">={CORE.major},<{CORE.major + 1}"
        assert str(required["lolpop-core"]) == str(Requirement(f"lolpop-core{bound}"))
        assert required["lolpop-core"].specifier.contains(CORE, prereleases=True)


@pytest.mark.parametrize("python", PYTHONS, ids=AGES)
def test_their_entry_points_are_found_in_a_bare_environment(
    stranger: Stranger, python: str
) -> None:
    env = stranger.folder / "env"
    warm = {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))}
    stranger.run([UV, "venv", "--quiet", "--python", python, env], **warm)
    wheels = sorted(DIST.glob("*.whl"))
    stranger.run([UV, "pip", "install", "--quiet", "--python", env, *wheels], **warm)
    found = json.loads(stranger.run([env / "bin" / "python", "-c", LIST]))
    entries = [project(folder).get("entry-points", {}) for folder in FOLDERS]
    groups = [points for entry in entries for key, points in entry.items() if "lolpop." in key]
    assert found == sorted(name for points in groups for name in points)
    table = stranger.run([env / "bin" / "lolpop", "plugins", "doctor"])
    assert re.findall(r"^ok +(\w+)", table, re.MULTILINE) == found
