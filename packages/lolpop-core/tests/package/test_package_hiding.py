"""Modules of a project that hide those which lolpop or an orchestrator imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lolpop.errors import PackageError
from lolpop.package.hiding import hiding, importable, refuse_hiding


@pytest.mark.parametrize(
    "path", ["sqlite3.py", "yaml.py", "lolpop/__init__.py", "cloudpickle.py", "pandas.abi3.so"]
)
@pytest.mark.parametrize("root", ["", "src/"])
def test_a_module_that_hides_what_lolpop_imports_is_refused(
    project: Any, path: str, root: str
) -> None:
    project.write(f"{root}{path}")
    if root:
        (project.folder / "flow.py").rename(project.folder / "src/flow.py")
    name = path.partition("/")[0].partition(".")[0]
    assert project.refusal() == (
        f"{root + path!r} hides the module {name!r}, which lolpop imports",
        f"rename it, or leave it out: package: {{exclude: ['{root + path}']}}",
    )
    assert project.store.list() == []
    project.yaml(f"package: {{exclude: ['{root}{path}']}}")
    assert f"{root}{path}" not in project.paths()


def test_a_module_that_hides_what_the_core_requires_is_refused(project: Any) -> None:
    project.write("attrs/__init__.py")
    assert project.refusal() == (
        "'attrs/__init__.py' hides the module 'attrs' of 'attrs', which 'lolpop-core' needs",
        "rename it, or leave it out: package: {exclude: ['attrs/__init__.py']}",
    )


def test_a_module_that_hides_what_the_orchestrator_requires_is_refused(
    site: Any, project: Any
) -> None:
    site.record(site.install("an-engine"))
    site.install("lolpop-mine", "Requires-Dist: an-engine")
    with pytest.raises(PackageError) as caught:
        refuse_hiding({"an_engine": "an_engine.py"}, project.folder, "lolpop-mine")
    assert caught.value.message == (
        "'an_engine.py' hides the module 'an_engine' of 'an-engine', which 'lolpop-mine' needs"
    )
    refuse_hiding({"an_engine": "an_engine.py"}, project.folder, None)
    refuse_hiding({"an_engine": "an_engine.py"}, project.folder, "not-installed")


def test_what_isn_t_needed_here_is_a_warning(project: Any) -> None:
    for path in ("statistics.py", "prefect/__init__.py", "airflow.py", "numbers/data.py"):
        project.write(path)
    assert project.package().warnings == (
        "'airflow.py' hides the module 'airflow' from 'AirflowOrchestrator': rename it",
        "'prefect/__init__.py' hides the module 'prefect' from 'PrefectOrchestrator': rename it",
        "'statistics.py' hides the standard library's module 'statistics': rename it",
    )


def test_the_orchestrator_that_deploys_has_refused_already() -> None:
    assert list(hiding({"dagster": "dagster.py"}, "lolpop-dagster")) == []


def test_an_installed_module_that_nobody_needs_may_be_hidden(site: Any, project: Any) -> None:
    site.record(site.install("a-library"))
    project.write("a_library.py")
    assert "a_library.py" in project.paths()


def test_a_project_may_be_installed_itself(
    site: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its modules are found outside of the roots, but it is they that are found there."""
    monkeypatch.syspath_prepend(project.folder / "lib")
    project.write("lib/attrs/__init__.py")
    monkeypatch.setattr("sys.path", [str(project.folder / "lib")])
    refuse_hiding({"attrs": "lib/attrs/__init__.py"}, project.folder, None)


def test_only_what_stands_at_a_root_is_importable() -> None:
    paths = ["a.py", "b/__init__.py", "b/c.py", "d/e.py", "f.txt", "src/g.py", "h-i.py"]
    assert importable(paths, ["."]) == {"a": "a.py", "b": "b/__init__.py"}
    assert importable(paths, ["src"]) == {"g": "src/g.py"}
    assert importable(paths, ["src", "."]) == {
        "g": "src/g.py",
        "a": "a.py",
        "b": "b/__init__.py",
    }


def test_every_file_is_told_by_its_place(project: Path) -> None:
    assert importable(["x/y/sqlite3.py"], ["x/y"]) == {"sqlite3": "x/y/sqlite3.py"}
