"""From a package back to a workflow that is built and run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lolpop.config.env import EnvRef
from lolpop.config.nodes import plain
from lolpop.contract import Step, StepGraph
from lolpop.package.parameters import schema_of
from lolpop.package.reopening import blueprint
from lolpop.workflow.assembly import assemble
from lolpop.workflow.integration import Runner
from lolpop.workflow.project import working_in

PENGUINS = Path(__file__).parents[4] / "examples" / "penguins"


def reopened(project: Any, **changes: Any) -> Any:
    opened = project.opened(project.package(**changes))
    project.forget()
    return blueprint(opened)


def test_the_workflow_is_built_from_the_package_alone(
    project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.yaml("decorators: {orchestrator: LocalOrchestrator}\nconfig: {seed: 3}")
    opened = project.opened()
    project.forget()
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(project.folder)
    found = blueprint(opened)
    assert found.orchestrator is None
    assert found.validated
    assert Path(sys.modules["flow"].__file__ or "") == opened.project / "flow.py"
    tree = assemble(found, {})
    assert tree.runner.run(seed=5) == 5
    assert tree.runner.config.seed == 3


def test_what_the_yaml_says_comes_back_as_it_was(project: Any) -> None:
    project.yaml("""
        decorators: {second: flow:Timer, first: flow:Timer}
        config: {z: 1, a: 2, classes: {1: cat, 0: dog}, limit: .inf, price: "$$5", no: "no", n: 1.0}
    """)
    project.write(
        "flow.py",
        """
        from lolpop import *
        class Timer(Component):
            def decorator(self, func, instance): return None
        class Train(Pipeline):
            def fit(self, seed): return seed
        class Flow(Runner):
            def run(self): return list(self.config.classes)
        """,
    )
    found = reopened(project)
    assert [part.section.name for part in found.decorators] == ["second", "first"]
    config = plain(found.document.root)["config"]
    expected = {"z": 1, "a": 2, "classes": {1: "cat", 0: "dog"}, "limit": float("inf")}
    assert config == {**expected, "price": "$5", "no": "no", "n": 1.0}
    assert list(config) == ["z", "a", "classes", "limit", "price", "no", "n"]
    assert list(config["classes"]) == [1, 0]
    assert type(config["n"]) is float


def test_variables_are_still_to_be_read(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEED", "1")
    project.yaml('config: {seed: "${env:SEED}"}')
    found = reopened(project)
    value = plain(found.document.root)["config"]["seed"]
    assert isinstance(value, EnvRef)
    assert str(value) == "${env:SEED}"
    assert assemble(found, {"SEED": "2"}).runner.config.seed == "2"


def test_a_file_given_with_l_and_the_roots_are_found_again(project: Any) -> None:
    (project.folder / "flow.py").rename(project.folder / "elsewhere.py")
    local = project.write("scripts/flow.py", (project.folder / "elsewhere.py").read_text())
    (project.folder / "elsewhere.py").unlink()
    project.write("src/helper.py", "A = 1")
    project.write("lolpop.yaml", "{runner: Flow, pipelines: {train: Train}}")
    package = project.package(local=local)
    assert package.manifest.local_file == "scripts/flow.py"
    assert package.manifest.roots == ("src",)
    opened = project.opened(package)
    project.forget()
    found = blueprint(opened)
    assert found.roots == (opened.project / "src",)
    assert assemble(found, {}).runner.run() == 7


def test_a_copy_of_the_project_is_worked_in(project: Any, tmp_path: Path) -> None:
    opened = project.opened()
    shutil.copytree(opened.project, tmp_path / "copy")
    project.forget()
    found = blueprint(opened, tmp_path / "copy")
    assert found.document.folder == tmp_path / "copy"
    assert Path(sys.modules["flow"].__file__ or "").parent == tmp_path / "copy"


class Takes(Runner):
    """Takes whatever an entrypoint may take."""

    def everything(
        self,
        plain: Any,
        untyped,
        number: int = 3,
        where: Path = Path("a/b"),
        unknown: Nowhere = None,  # noqa: F821
        odd: object = object(),
        *rest: int,
        maybe: str | None = None,
        **further: float,
    ) -> None: ...

    def nothing(self) -> None: ...


def test_the_parameters_have_a_json_schema() -> None:
    assert schema_of(Takes.everything) == {
        "type": "object",
        "properties": {
            "plain": {},
            "untyped": {},
            "number": {"type": "integer", "default": 3},
            "where": {"type": "string", "format": "path", "default": "a/b"},
            "unknown": {"default": None},
            "odd": {},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["plain", "untyped"],
        "additionalProperties": {"type": "number"},
    }
    assert schema_of(Takes.nothing) == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_models_among_the_parameters_share_their_definitions(project: Any) -> None:
    project.write(
        "flow.py",
        """
        from dataclasses import dataclass
        from lolpop import Pipeline, Runner

        @dataclass
        class Point:
            x: int

        class Train(Pipeline): pass

        class Flow(Runner):
            def run(self, one: Point, more: list[Point] = []): return 1
        """,
    )
    schema = project.package().manifest.parameters
    assert schema["properties"]["one"] == {"$ref": "#/$defs/Point"}
    assert schema["properties"]["more"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Point"},
        "default": [],
    }
    assert schema["$defs"]["Point"]["properties"] == {"x": {"title": "X", "type": "integer"}}


def test_the_penguins_are_packaged_and_run_from_their_package(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored = shutil.ignore_patterns("outputs", "__pycache__")
    (project.folder / "flow.py").unlink()
    shutil.copytree(PENGUINS, project.folder, ignore=ignored, dirs_exist_ok=True)
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)
    project.graph = StepGraph(steps=(Step(name="train.fit"),))
    package = project.package(entrypoint="build_all")
    locked = {each.name for each in package.manifest.lock}
    assert {"lolpop-core", "pandas", "scikit-learn", "numpy", "scipy"} <= locked
    paths = {file.path for file in package.manifest.files}
    assert {"project/data/penguins.csv", "project/penguins/runner.py", "config.yaml"} <= paths
    assert package.warnings == ()
    opened = project.opened(package)
    for name in [name for name in sys.modules if name.partition(".")[0] == "penguins"]:
        monkeypatch.delitem(sys.modules, name)
    with working_in(opened.project, [opened.project]):
        found = blueprint(opened)
        metrics = assemble(found, {}).runner.build_all()
    assert found.runner.cls is not None
    assert found.runner.cls.__module__ == "penguins.runner"
    assert metrics is not None
