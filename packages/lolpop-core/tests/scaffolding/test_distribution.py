"""`lolpop create orchestrator`: a distribution that is complete and passes the checks.

That it installs, is found and keeps the rules is tested from its wheel: `nox -s plugins`.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lolpop.contract import Capability

FILES = [
    ".github/workflows/publish.yml",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "lolpop_my_orch/__init__.py",
    "lolpop_my_orch/orchestrator.py",
    "lolpop_my_orch/py.typed",
    "noxfile.py",
    "pyproject.toml",
    "tests/test_conformance.py",
]
ROOT = Path(__file__).parents[4]


def written(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text("utf-8") for file in files}


def test_it_says_what_it_wrote_and_what_comes_next(lolpop: Any, here: Path) -> None:
    done = lolpop("create", "orchestrator", "MyOrchOrchestrator")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "wrote MyOrchOrchestrator to lolpop-my-orch: 11 files\n"
        "next: cd lolpop-my-orch && pip install -e . && lolpop plugins doctor MyOrchOrchestrator\n"
    )
    assert sorted(written(here / "lolpop-my-orch")) == FILES


def test_the_answer_may_be_json(lolpop: Any) -> None:
    done = lolpop("create", "orchestrator", "my-orch", "a b", "--output", "json")
    assert json.loads(done.stdout) == {
        "orchestrator": "MyOrchOrchestrator",
        "distribution": "lolpop-my-orch",
        "folder": "a b",
        "files": [f"a b/{name}" for name in FILES],
    }


def test_a_folder_with_spaces_is_quoted(lolpop: Any) -> None:
    done = lolpop("create", "orchestrator", "my-orch", "a b")
    assert "\nnext: cd 'a b' && pip" in done.stdout


def test_every_form_of_the_name_gives_the_same(lolpop: Any, here: Path) -> None:
    forms = ["my-orch", "MyOrch", "MyOrchOrchestrator"]
    for form in forms:
        assert lolpop("create", "orchestrator", form, form).returncode == 0
    first, *others = (written(here / form) for form in forms)
    assert others == [first, first]


def test_nothing_of_the_template_is_left(lolpop: Any, here: Path) -> None:
    lolpop("create", "orchestrator", "my-orch")
    for name, text in written(here).items():
        assert "xample" not in name
        assert "xample" not in text.replace("for example", "") or name.endswith("LICENSE")


@pytest.mark.parametrize("name", ["ab", "my-orch", "our-own-great-scheduler"])
def test_it_passes_its_own_checks_and_ours(lolpop: Any, tool: Any, name: str) -> None:
    lolpop("create", "orchestrator", name, "made")
    tool("ruff", "check", "--no-cache", folder="made")
    tool("ruff", "format", "--no-cache", "--check", folder="made")
    if (ROOT / "noxfile.py").exists():
        ours = f"--config={ROOT / 'pyproject.toml'}"
        tool("ruff", "check", "--no-cache", ours, folder="made")
        tool("ruff", "format", "--no-cache", ours, "--check", folder="made")


def test_its_types_are_right(lolpop: Any, tool: Any) -> None:
    lolpop("create", "orchestrator", "my-orch", "made")
    tool("mypy", folder="made")
    tool("mypy", "--strict", "lolpop_my_orch", "tests/test_conformance.py", folder="made")


def test_its_metadata_is_complete(lolpop: Any, here: Path) -> None:
    lolpop("create", "orchestrator", "my-orch", ".")
    project = tomllib.loads((here / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "lolpop-my-orch"
    assert project["dependencies"] == ["lolpop-core>=1,<2"]
    entries = {"MyOrchOrchestrator": "lolpop_my_orch:MyOrchOrchestrator"}
    assert project["entry-points"] == {"lolpop.orchestrators": entries}
    assert "Apache License" in (here / "LICENSE").read_text("utf-8")
    assert (here / "LICENSE").read_text("utf-8").strip()


def test_it_is_published_only_when_its_tests_pass(lolpop: Any, here: Path) -> None:
    lolpop("create", "orchestrator", "my-orch", ".")
    text = (here / ".github" / "workflows" / "publish.yml").read_text("utf-8")
    publish = yaml.safe_load(text)["jobs"]["publish"]
    assert publish["needs"] == "test"
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["if"] == "startsWith(github.ref, 'refs/tags/v')"


def test_the_readme_names_what_the_orchestrator_takes(lolpop: Any, here: Path) -> None:
    lolpop("create", "orchestrator", "my-orch", ".")
    code = (here / "lolpop_my_orch" / "orchestrator.py").read_text("utf-8")
    readme = (here / "README.md").read_text("utf-8")
    declared = re.findall(r"Capability\.(\w+)[,}]", code)
    assert declared == [Capability.DEPLOYMENTS.name, Capability.REDEPLOY_DURING_RUNS.name]
    assert (
        "| `folder` | the folder of the storage that keeps what is deployed | `my_orch` |" in readme
    )
    assert 'folder: str = "my_orch"' in code


def test_nothing_is_overwritten_and_nothing_written_then(lolpop: Any, here: Path) -> None:
    (here / "lolpop-my-orch").mkdir()
    for name in ("README.md", "pyproject.toml"):
        (here / "lolpop-my-orch" / name).write_text("mine")
    done = lolpop("create", "orchestrator", "my-orch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: 'lolpop-my-orch' has README.md and pyproject.toml already\n"
        "hint: name another folder: lolpop create orchestrator my-orch DIR\n"
    )
    assert set(written(here).values()) == {"mine"}


def test_a_wrong_name_is_an_error_of_the_command(lolpop: Any, here: Path) -> None:
    done = lolpop("create", "orchestrator", "my orch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: 'my orch' can't name an orchestrator\n"
        "hint: write letters and digits, a letter first: 'my-name' or 'MyName'\n"
    )
    assert not [*here.iterdir()]
