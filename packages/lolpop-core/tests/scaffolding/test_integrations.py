"""`lolpop create component | pipeline | runner`: a class and its test in a user's project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KINDS = ["component", "pipeline", "runner"]
YAML = {
    "component": (
        "modules: [workflow, data_loader]\n"
        "components:\n"
        "  data_loader: DataLoader\n"
        "data_loader:\n"
        '  config: {prefix: "-"}'
    ),
    "pipeline": (
        "modules: [workflow, data_loader]\n"
        "pipelines:\n"
        "  data_loader: DataLoader\n"
        "data_loader:\n"
        "  config: {shortest: 1}"
    ),
    "runner": "runner: DataLoader\nmodules: [workflow, data_loader]\nconfig: {greeting: hello}",
}


@pytest.fixture
def project(lolpop: Any, here: Path) -> Path:
    lolpop("init")
    return here


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_it_wrote_and_what_to_add(lolpop: Any, project: Path, kind: str) -> None:
    before = (project / "lolpop.yaml").read_text()
    done = lolpop("create", kind, "DataLoader")
    lines = "".join(f"  {line}\n" for line in YAML[kind].splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "wrote data_loader.py and tests/test_data_loader.py\n"
        f"to lolpop.yaml add, or merge with what is there:\n{lines}"
        "next: python -m pytest tests/test_data_loader.py\n"
    )
    assert (project / "lolpop.yaml").read_text() == before


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_make_it_part_of_the_workflow(lolpop: Any, project: Path, kind: str) -> None:
    lolpop("create", kind, "data-loader")
    (project / "more.yaml").write_text(YAML[kind])
    done = lolpop("config", "check", "-c", "lolpop.yaml", "-c", "more.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "DataLoader" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["ab", "DataLoader", "loader-of-the-nightly-reports"])
def test_it_passes_the_checkers(
    lolpop: Any, project: Path, tool: Any, kind: str, name: str
) -> None:
    lolpop("create", kind, name, "--output", "json")
    google = "lint.pydocstyle.convention='google'"
    select = ["--select=D,E,F,I,UP", f"--config={google}", "--per-file-ignores=tests/*:D"]
    (project / "workflow.py").unlink()
    tool("ruff", "check", "--no-cache", "--isolated", *select)
    tool("ruff", "format", "--no-cache", "--isolated", "--check")


@pytest.mark.parametrize("kind", KINDS)
def test_its_types_are_right_and_its_test_passes(
    lolpop: Any, project: Path, tool: Any, kind: str
) -> None:
    lolpop("create", kind, "data-loader")
    tool("mypy", "--strict", "data_loader.py", "tests/test_data_loader.py")
    tool("pytest", "-p", "no:cacheprovider", "tests/test_data_loader.py")


def test_a_runner_runs(lolpop: Any, project: Path) -> None:
    lolpop("create", "runner", "nightly-report")
    (project / "more.yaml").write_text("runner: NightlyReport\nmodules: [nightly_report]\n")
    (project / "more.yaml").rename(project / "lolpop.yaml")
    done = lolpop("run", "workflow", "--output", "json")
    assert json.loads(done.stdout)["result"] == "hello world"


def test_the_answer_may_be_json(lolpop: Any, project: Path) -> None:
    done = lolpop("create", "pipeline", "data-loader", "--output", "json")
    assert json.loads(done.stdout) == {
        "name": "DataLoader",
        "files": ["data_loader.py", "tests/test_data_loader.py"],
        "yaml": YAML["pipeline"],
        "test": "python -m pytest tests/test_data_loader.py",
    }


def test_another_folder_may_be_named(lolpop: Any, here: Path) -> None:
    lolpop("init", "birds")
    done = lolpop("create", "component", "data-loader", "birds")
    assert done.stdout.startswith(
        "wrote birds/data_loader.py and birds/tests/test_data_loader.py\n"
    )


@pytest.mark.parametrize("configured", [False, True])
def test_it_goes_where_the_projects_imports_start(
    lolpop: Any, project: Path, configured: bool
) -> None:
    root = "lib" if configured else "src"
    (project / root).mkdir()
    if configured:
        with (project / "lolpop.yaml").open("a") as file:
            file.write("package: {roots: [lib]}\n")
    done = lolpop("create", "component", "data-loader")
    assert done.stdout.startswith(f"wrote {root}/data_loader.py and tests/test_data_loader.py\n")
    command = f"PYTHONPATH={root} python -m pytest tests/test_data_loader.py"
    assert done.stdout.endswith(f"next: {command}\n")
    line = command.replace("python", sys.executable, 1)
    passed = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=project)
    assert passed.returncode == 0, passed.stdout


def test_without_a_project_there_is_nowhere_to_write(lolpop: Any, here: Path) -> None:
    done = lolpop("create", "component", "data-loader")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: there is no lolpop.yaml in '.'\n"
        "hint: `lolpop init` starts a project; name the folder of one that there is\n"
    )
    assert not [*here.iterdir()]


def test_a_project_that_cannot_be_read_says_where(lolpop: Any, project: Path) -> None:
    (project / "lolpop.yaml").write_text("runner: [\n")
    done = lolpop("create", "component", "data-loader")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "lolpop.yaml:" in done.stderr


def test_nothing_is_overwritten_and_nothing_written_then(lolpop: Any, project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "test_data_loader.py").write_text("mine")
    done = lolpop("create", "component", "data-loader")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: '.' has tests/test_data_loader.py already\n"
        "hint: choose another name: lolpop create component NAME\n"
    )
    assert not (project / "data_loader.py").exists()


def test_a_class_of_the_project_keeps_its_name(lolpop: Any, project: Path) -> None:
    done = lolpop("create", "component", "workflow")
    assert done.stderr == (
        "error: '.' has workflow.py already\n"
        "hint: choose another name: lolpop create component NAME\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_the_configuration_uses_is_refused(
    lolpop: Any, project: Path, kind: str
) -> None:
    done = lolpop("create", kind, "Words")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: lolpop.yaml:4:3: pipelines.words names 'Words' already\nhint: choose another name\n"
    )
    assert not (project / "words.py").exists()


def test_a_name_that_would_do_harm_is_an_error_of_the_command(lolpop: Any, project: Path) -> None:
    done = lolpop("create", "component", "random")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: 'random' can't name a component: the installed module 'random' would be hidden\n"
        "hint: choose another name, such as 'data-loader'\n"
    )
