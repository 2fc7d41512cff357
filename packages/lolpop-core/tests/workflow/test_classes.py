from __future__ import annotations

import sys
from typing import Any

import pytest

from lolpop.errors import ConfigError, PluginConflictError, PluginNotInstalledError
from lolpop.inprocess import Source, prepared

PLAIN = "class Flow(Runner):\n    where = {!r}\n    def run(self): pass\n"


def runner_of(project: Any, **keywords: Any) -> Any:
    with prepared(Source(**keywords)) as blueprint:
        return blueprint.runner.cls


def test_the_file_goes_before_the_modules_and_these_before_plugins(project: Any) -> None:
    project.plugin("extra", "[lolpop.runners]\nFlow = extra:Flow\n", PLAIN.format("plugin"))
    project.yaml("runner: Flow\n")
    assert runner_of(project).where == "plugin"
    project.code(PLAIN.format("first"), "first.py")
    project.code(PLAIN.format("second"), "second.py")
    project.yaml("runner: Flow\nmodules: [first, second]\n")
    assert runner_of(project).where == "first"
    file = project.code(PLAIN.format("file"), "elsewhere/my-file.py")
    assert runner_of(project, file=file).where == "file"


def test_a_class_is_named_in_full(project: Any) -> None:
    project.code(PLAIN.format("inner"), "pkg/inner.py")
    project.yaml("runner: pkg.inner:Flow\n")
    assert runner_of(project).where == "inner"


def test_the_command_line_names_another_runner(project: Any) -> None:
    project.code(PLAIN.format("a") + "class Other(Flow): pass\n")
    project.yaml("runner: Flow\nmodules: [flow]\n")
    assert runner_of(project, runner="Other").__name__ == "Other"


@pytest.mark.parametrize(
    ("file", "yaml"),
    [
        ("src/flow.py", "runner: Flow\nmodules: [flow]\n"),
        ("lib/flow.py", "runner: Flow\nmodules: [flow]\npackage: {roots: [lib]}\n"),
    ],
)
def test_imports_start_at_the_roots(project: Any, file: str, yaml: str) -> None:
    project.code(PLAIN.format(file), file)
    project.yaml(yaml)
    assert runner_of(project).where == file


def test_a_root_that_is_no_folder_is_refused(project: Any) -> None:
    project.code(PLAIN.format(""))
    project.yaml("runner: flow:Flow\npackage:\n  roots: ['.', nowhere]\n")
    assert project.problems() == [
        f"lolpop.yaml:3:16: package.roots.1: no such folder in {str(project.folder)!r}: 'nowhere'"
    ]


def test_a_project_module_goes_before_an_installed_one(project: Any) -> None:
    project.plugin("shadowed", "", PLAIN.format("installed"))
    project.code(PLAIN.format("project"), "shadowed.py")
    project.yaml("runner: shadowed:Flow\n")
    assert runner_of(project).where == "project"


def test_a_project_module_that_an_imported_one_hides_is_refused(project: Any) -> None:
    project.code(PLAIN.format(""), "pydantic.py")
    project.yaml("runner: Flow\nmodules: [pydantic]\n")
    assert project.problems() == [
        "lolpop.yaml:2:11: modules.0: the project's module 'pydantic' is hidden by"
        f" {sys.modules['pydantic'].__file__} (give it another name)"
    ]


def test_a_file_beneath_a_root_is_the_module_that_others_import(project: Any) -> None:
    file = project.code(PLAIN.format("file"), "pkg/inner.py")
    project.yaml("runner: Flow\n")
    cls = runner_of(project, file=file)
    assert cls.__module__ == "pkg.inner"
    assert runner_of(project, runner="pkg.inner:Flow", file=file) is cls


def test_a_file_may_have_the_name_of_an_installed_module(project: Any) -> None:
    file = project.code(PLAIN.format("mine"), "pydantic.py")
    project.yaml("runner: Flow\n")
    assert runner_of(project, file=file).where == "mine"


def test_a_module_may_give_its_classes_late(project: Any) -> None:
    project.code(
        """
        def __getattr__(name):
            if name != "Flow":
                raise AttributeError(name)
            return type("Flow", (Runner,), {"run": lambda self: 1})
        """
    )
    project.yaml("runner: flow:Flow\n")
    assert runner_of(project).__name__ == "Flow"


CODE = """
import json
class Flow(Runner):
    def run(self): pass
class Part(Pipeline): pass
class Reader(Component): pass
class Plain: pass
NUMBER = 5
"""


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            "components: {x: Readr}",
            "components.x: no component 'Readr': searched modules flow and the installed"
            " components (did you mean 'Reader'?)",
        ),
        (
            "pipelines: {x: Zzz}",
            "pipelines.x: no pipeline 'Zzz': searched modules flow and the installed"
            " pipelines (define it there, or name it in full: module:Zzz)",
        ),
        (
            "components: {x: Plain}",
            "components.x: class 'Plain' isn't an integration: it must subclass lolpop.Component",
        ),
        (
            "components: {x: Component}",
            "components.x: class 'Component' isn't an integration:"
            " it must subclass lolpop.Component",
        ),
        (
            "components: {x: NUMBER}",
            "components.x: 'NUMBER' isn't a class but int: expected a Component",
        ),
        (
            "components: {x: json}",
            "components.x: 'json' isn't a class but module: expected a Component",
        ),
        ("pipelines: {x: Reader}", "pipelines.x: 'Reader' is a component, expected a pipeline"),
        ("pipelines: {x: Flow}", "pipelines.x: 'Flow' is a runner, expected a pipeline"),
        ("components: {x: Part}", "components.x: 'Part' is a pipeline, expected a component"),
        (
            "decorators: {x: Part}",
            "decorators.x: 'Part' is a pipeline, expected a component that decorates",
        ),
        (
            "decorators: {orchestrator: Reader}",
            "decorators.orchestrator: 'Reader' is a component, expected an orchestrator",
        ),
        (
            "decorators: {timer: LocalOrchestrator}",
            "decorators.timer: 'LocalOrchestrator' is an orchestrator:"
            " name it under decorators.orchestrator",
        ),
        (
            "components: {x: PrefectOrchestrator}",
            "components.x: 'PrefectOrchestrator' is an orchestrator:"
            " name it under decorators.orchestrator",
        ),
        (
            "components: {x: 'flow:Readr'}",
            "components.x: module 'flow' has no 'Readr' (did you mean 'Reader'?)",
        ),
        (
            "components: {x: 'flw:Reader'}",
            "components.x: no module named 'flw' (did you mean 'flow'?)",
        ),
        (
            "components: {x: ':Reader'}",
            "components.x: importing '' failed: ValueError: Empty module name",
        ),
    ],
)
def test_a_class_that_does_not_fit(project: Any, section: str, expected: str) -> None:
    project.code(CODE)
    project.yaml(f"{{runner: Flow, modules: [flow],\n{section}}}")
    [found] = project.problems()
    assert found.startswith("lolpop.yaml:2:")
    assert found.partition(": ")[2] == expected


def test_an_unknown_class_without_modules(project: Any) -> None:
    project.yaml("runner: Flow\n")
    assert project.problems() == [
        "lolpop.yaml:1:9: runner: no runner 'Flow': searched no modules and the installed runners"
        " (name the project's modules under `modules`, or the class in full: module:Flow)"
    ]


def test_no_runner_at_all(project: Any) -> None:
    project.yaml("config: {}\n")
    assert project.problems() == [
        "lolpop.yaml:1:1: runner: no runner is named"
        " (write `runner: ITS_CLASS`, or name the class on the command line)"
    ]


def test_a_module_that_is_not_there(project: Any) -> None:
    project.yaml("runner: Flow\nmodules: [nowhere]\n")
    assert project.problems() == [
        "lolpop.yaml:2:11: modules.0: no module named 'nowhere'"
        f" (project modules stand in {project.folder})"
    ]


@pytest.mark.parametrize(
    ("code", "said", "cause"),
    [
        ("import not_there", "ModuleNotFoundError: No module named 'not_there'", ImportError),
        ("from lolpop import nothing", None, ImportError),
        ("def broken(:", "SyntaxError: invalid syntax (flow.py, line 1)", SyntaxError),
        ("1 / 0", "ZeroDivisionError: division by zero", ZeroDivisionError),
        ("import sys; sys.exit(3)", "SystemExit: 3", SystemExit),
        ("raise ValueError", "ValueError", ValueError),
    ],
)
def test_a_module_that_fails(
    project: Any, code: str, said: str | None, cause: type[BaseException]
) -> None:
    project.write("flow.py", code)
    project.yaml("runner: Flow\nmodules: [flow]\ncomponents: {x: Reader}\n")
    with pytest.raises(ConfigError) as caught:
        project.check()
    shown = said or str(caught.value.__cause__)
    assert shown in str(caught.value)
    assert len(caught.value.problems) == 1, "what the module may have isn't called missing"
    assert isinstance(caught.value.__cause__, cause)
    if said:
        expected = f"lolpop.yaml:2:11: modules.0: importing 'flow' failed: {said}"
        assert str(caught.value) == expected


def test_a_file_that_fails_or_is_not_there(project: Any) -> None:
    project.yaml("runner: Flow\n")
    file = project.write("mine.py", "1 / 0")
    assert project.problems(file=file) == [
        f"importing {str(file)!r} failed: ZeroDivisionError: division by zero"
    ]
    gone = project.folder / "gone.py"
    assert project.problems(file=gone) == [f"no such file: {str(gone)!r}"]
    text = project.write("mine.txt", "")
    assert project.problems(file=text) == [
        f"importing {str(text)!r} failed: ImportError: 'mine.txt' isn't a Python file"
    ]


def test_a_bad_module_in_one_name_does_not_silence_others(project: Any) -> None:
    project.code(CODE)
    project.yaml(
        """\
        runner: Flow
        modules: [flow]
        components:
          a: gone:Reader
          b: Readr
        """
    )
    assert [each.partition(" (")[0] for each in project.problems()] == [
        "lolpop.yaml:4:6: components.a: no module named 'gone'",
        "lolpop.yaml:5:6: components.b: no component 'Readr': searched modules flow and the"
        " installed components",
    ]


def test_an_orchestrator_that_is_not_installed(project: Any) -> None:
    project.code(CODE)
    project.yaml("runner: flow:Flow\ndecorators: {orchestrator: dagster}\n")
    with pytest.raises(PluginNotInstalledError) as caught:
        project.check()
    assert caught.value.message == (
        "orchestrator 'dagster' isn't installed; installed: LocalOrchestrator"
    )
    assert caught.value.hint == "pip install lolpop-dagster"
    assert str(caught.value.place) == "lolpop.yaml:2:28"
    assert caught.value.exit_code == 3


def test_an_orchestrator_that_is_not_installed_among_other_problems(project: Any) -> None:
    project.code(CODE)
    project.yaml(
        """\
        runner: flow:Flow
        decorators: {orchestrator: prefect}
        extensions: [nobody]
        components: {x: flow:Zzz}
        """
    )
    assert project.problems() == [
        "lolpop.yaml:2:28: decorators.orchestrator: orchestrator 'prefect' isn't installed;"
        " installed: LocalOrchestrator (pip install lolpop-prefect)",
        "lolpop.yaml:3:14: extensions.0: extension 'nobody' isn't installed; installed: none"
        " (`lolpop plugins list` shows what is installed)",
        "lolpop.yaml:4:17: components.x: module 'flow' has no 'Zzz'",
    ]


def test_an_orchestrator_of_the_project_that_is_misspelt(project: Any) -> None:
    project.code(CODE + "class MyOrchestrator(Orchestrator): pass\n")
    project.yaml("runner: Flow\nmodules: [flow]\ndecorators: {orchestrator: MyOrchestratr}\n")
    assert project.problems() == [
        "lolpop.yaml:3:28: decorators.orchestrator: no orchestrator 'MyOrchestratr': searched"
        " modules flow and the installed orchestrators (did you mean 'MyOrchestrator'?)"
    ]


def test_an_orchestrator_of_a_module_that_fails(project: Any) -> None:
    project.write("flow.py", "1 / 0")
    project.yaml("runner: Flow\nmodules: [flow]\ndecorators: {orchestrator: MyOrchestrator}\n")
    assert project.problems() == [
        "lolpop.yaml:2:11: modules.0: importing 'flow' failed: ZeroDivisionError: division by zero"
    ]


def test_a_component_that_two_distributions_provide(project: Any) -> None:
    for name in ("one", "two"):
        project.plugin(name, f"[lolpop.components]\nX = {name}:X\n", "class X(Component): pass")
    project.code(CODE)
    project.yaml("runner: flow:Flow\ncomponents: {x: X}\n")
    with pytest.raises(PluginConflictError, match=r"^component 'X' is provided twice: by "):
        project.check()


def test_a_plugin_of_another_kind(project: Any) -> None:
    project.plugin("one", "[lolpop.pipelines]\nX = one:X\n", "1 / 0")
    project.code(CODE)
    project.yaml("runner: flow:Flow\ncomponents: {x: X}\n")
    assert project.problems() == [
        "lolpop.yaml:2:17: components.x: 'X' is a pipeline, expected a component"
    ]


def test_requirements_that_are_not_there(project: Any) -> None:
    project.code(CODE)
    project.yaml("runner: flow:Flow\npackage: {requirements: none.txt}\n")
    assert project.problems() == [
        f"lolpop.yaml:2:25: package.requirements: no such file in {str(project.folder)!r}:"
        " 'none.txt'"
    ]
    project.write("none.txt", "")
    project.check()


def test_modules_that_are_no_list_miss_no_class(project: Any) -> None:
    project.code(CODE)
    project.yaml("runner: Flow\nmodules: 5\n")
    assert project.problems() == ["lolpop.yaml:2:10: modules: expected a list, got 5"]


def test_a_runner_that_is_null_is_none(project: Any) -> None:
    project.code(CODE)
    project.yaml("runner: null\nmodules: [flow]\n")
    assert project.problems() == [
        "lolpop.yaml:1:1: runner: no runner is named"
        " (write `runner: ITS_CLASS`, or name the class on the command line)"
    ]
