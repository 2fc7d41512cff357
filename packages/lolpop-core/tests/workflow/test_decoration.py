from __future__ import annotations

import inspect
from typing import Any

import pytest

from lolpop.errors import PluginHookError
from lolpop.workflow.decoration import public_methods

CODE = """
import functools
CALLS = []

class Note(Component):
    def decorator(self, func, instance):
        CALLS.append(("wrap", self.name, instance.name, func.__name__))
        assert hasattr(func, "__wrapped__") or func.__self__ is instance
        @functools.wraps(func)
        def noted(*args, **kwargs):
            CALLS.append((self.name, instance.name, func.__name__))
            return func(*args, **kwargs)
        return noted

class Leaf(Component):
    def load(self): return "rows"
class Sheet(Leaf): pass
class Part(Pipeline):
    def work(self): return self.leaf.load()
class Flow(Runner):
    def run(self): return self.part.work()
"""
YAML = """
runner: Flow
modules: [flow]
pipelines: {part: Part}
components: {leaf: Sheet}
"""


@pytest.fixture
def calls(project: Any) -> Any:
    """Run with more YAML; give what was called, as `decorator:object.method`."""

    def _calls(more: str) -> list[str]:
        project.code(CODE)
        project.write("lolpop.yaml", YAML + more)
        runner = project.decorated()
        noted = type(runner).run.__globals__["CALLS"]
        noted.clear()
        assert runner.run() == "rows"
        return [f"{name}:{owner}.{method}" for name, owner, method in noted]

    return _calls


ALL = ["note:Flow.run", "note:part.work", "note:leaf.load"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("{}", ALL),
        ("{integration_types: [component, pipeline, runner]}", ALL),
        ("{integration_types: [pipeline]}", ALL[1:2]),
        ("{integration_types: []}", []),
        ("{integration_classes: [Part]}", ALL[1:2]),
        ("{integration_classes: [Leaf]}", ALL[2:]),
        ("{integration_classes: [Component]}", ALL[2:]),
        ("{integration_types: [runner], integration_classes: [Sheet]}", [ALL[0], ALL[2]]),
    ],
)
def test_what_is_chosen(calls: Any, config: str, expected: list[str]) -> None:
    more = f"decorators: {{note: Note}}\nnote: {{config: {config}}}\n"
    assert calls(more) == expected


def test_the_first_decorator_is_outermost(calls: Any) -> None:
    more = "decorators: {b: Note, a: Note}\nb: {config: {integration_types: [runner]}}\n"
    assert calls(more) == ["b:Flow.run", "a:Flow.run", "a:part.work", "a:leaf.load"]


def test_every_method_is_wrapped_once(project: Any) -> None:
    project.code(CODE)
    project.write("lolpop.yaml", YAML + "decorators: {note: Note}\n")
    runner = project.decorated()
    noted = type(runner).run.__globals__["CALLS"]
    assert noted == [
        ("wrap", "note", "Flow", "run"),
        ("wrap", "note", "part", "work"),
        ("wrap", "note", "leaf", "load"),
    ]
    assert runner.part.leaf is runner.leaf


def test_without_decorators_nothing_is_wrapped(project: Any) -> None:
    project.code(CODE)
    project.write("lolpop.yaml", YAML)
    runner = project.decorated()
    for each in (runner, runner.part, runner.leaf):
        assert set(vars(each)) <= {"config", "name", "part", "leaf"}
        assert all(inspect.ismethod(getattr(each, name)) for name in public_methods(type(each)))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "note: {config: {integration_classes: [Laef]}}",
            "7:1: note.config.integration_classes: no integration of this workflow is a 'Laef'"
            " (did you mean 'Leaf'?)",
        ),
        (
            "note: {config: {integration_classes: [object]}}",
            "7:1: note.config.integration_classes: no integration of this workflow is a 'object'",
        ),
        (
            "note: {config: {integration_types: [leaf]}}",
            "7:37: note.config.integration_types.0:"
            " expected 'component', 'pipeline' or 'runner', got 'leaf'",
        ),
        (
            "note: {config: {decorator_method: nope}}",
            "7:35: note: Note has no method 'nope' to decorate with",
        ),
        (
            "note: {config: {decorator_method: '${env:X}'}}",
            "7:17: note.config.decorator_method: this is needed before the environment is read"
            " (choose with --set note.config.decorator_method=… or a further -c file)",
        ),
    ],
)
def test_what_a_decorator_is_told_wrongly(project: Any, more: str, expected: str) -> None:
    project.code(CODE)
    project.write("lolpop.yaml", f"{YAML}decorators: {{note: Note}}\n{more}\n")
    assert project.problems() == [f"lolpop.yaml:{expected}"]


def test_a_component_that_cannot_decorate(project: Any) -> None:
    project.code(CODE)
    project.write("lolpop.yaml", YAML + "decorators: {x: Leaf}\n")
    assert project.problems() == [
        "lolpop.yaml:6:14: x: Leaf has no method 'decorator' to decorate with"
    ]


def with_decorator(project: Any, body: str) -> Any:
    project.code(f"{CODE}\nclass Mine(Component):\n    {body}\n")
    project.write("lolpop.yaml", YAML + "decorators: {mine: Mine}\n")
    return project


@pytest.mark.parametrize("answer", ["None", "func"])
def test_a_method_may_be_left_as_it_is(project: Any, answer: str) -> None:
    made = with_decorator(project, f"def decorator(self, func, instance): return {answer}")
    assert "run" not in vars(made.decorated())


def test_a_class_names_its_decorator_method(project: Any) -> None:
    body = "decorator_method = 'wrap'\n    def wrap(self, func, instance): return lambda: 'wrapped'"
    assert with_decorator(project, body).run().result == "wrapped"


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (
            "def decorator(self, func, instance): return 5",
            "decorator 'mine' gave 5 for Flow.run",
            "it must give a callable, or None to leave the method as it is",
        ),
        (
            "def decorator(self, func, instance): raise ValueError('no')",
            "decorator 'mine' failed for Flow.run: ValueError: no",
            "it is called with a bound method and the object that the method belongs to",
        ),
    ],
)
def test_a_decorator_that_fails(project: Any, body: str, message: str, hint: str) -> None:
    with pytest.raises(PluginHookError) as caught:
        with_decorator(project, body).run()
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.plugin == "mine"


ORCHESTRATOR = """
import functools
from lolpop import Orchestrator
class AnyOrchestrator(Orchestrator):
    class Config(Config):
        tag: str = "a"
        more: dict = {}
    def decorator(self, func, instance):
        return lambda *args: f"{self.config.tag}{self.config.more}<{func(*args)}>"
    def other(self, func, instance):
        return lambda *args: f"other<{func(*args)}>"
"""
EXTENSION = """
from lolpop import hookimpl
class Around:
    @hookimpl(wrapper=True)
    def decorate(self, func, instance):
        inner = yield
        return lambda *args: f"around<{inner(*args)}>"
"""


def orchestrated(project: Any, more: str) -> Any:
    project.plugin(
        "any_o", "[lolpop.orchestrators]\nAnyOrchestrator = any_o:AnyOrchestrator\n", ORCHESTRATOR
    )
    project.plugin("ext", "[lolpop.extensions]\naround = ext:Around\n", EXTENSION)
    project.code("class Flow(Runner):\n    def run(self): return 1\n")
    project.yaml(f"runner: flow:Flow\n{more}")
    return project


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("decorators: {orchestrator: AnyOrchestrator}", "a{}<1>"),
        ("decorators: {orchestrator: any}", "a{}<1>"),
        ("decorators: {orchestrator: 'any_o:AnyOrchestrator'}", "a{}<1>"),
        ("decorators: {orchestrator: any}\nextensions: [around]", "around<a{}<1>>"),
        (
            "decorators: {orchestrator: any}\norchestrator: {config: {decorator_method: other}}",
            "other<1>",
        ),
        (
            "decorators: {orchestrator: any}\norchestrator:\n"
            "  config: {tag: b, more: {x: 1}}\n"
            "  AnyOrchestrator: {config: {tag: c, more: {y: 2}}}\n"
            "  PrefectOrchestrator: {config: {tag: d, unknown: 1}}\n",
            "c{'x': 1, 'y': 2}<1>",
        ),
        (
            "decorators: {orchestrator: 'any_o:AnyOrchestrator'}\norchestrator:\n"
            "  AnyOrchestrator: {config: {tag: c}}\n",
            "c{}<1>",
        ),
        ("decorators: {orchestrator: LocalOrchestrator}", 1),
    ],
)
def test_an_orchestrator_decorates_through_its_hook(
    project: Any, more: str, expected: object
) -> None:
    assert orchestrated(project, more).run().result == expected


def test_an_unknown_key_of_an_orchestrator(project: Any) -> None:
    more = "decorators: {orchestrator: any}\norchestrator: {AnyOrchestrator: {config: {tga: 1}}}\n"
    assert orchestrated(project, more).problems() == [
        "lolpop.yaml:3:43: orchestrator.config.tga: unknown key 'tga' (did you mean 'tag'?)"
    ]


def test_an_orchestrators_section_that_is_misspelt(project: Any) -> None:
    more = "decorators: {orchestrator: any}\norchestrator: {AnyOrchestratr: {config: {tag: 1}}}\n"
    assert orchestrated(project, more).problems() == [
        "lolpop.yaml:3:16: orchestrator.AnyOrchestratr: unknown key 'AnyOrchestratr':"
        " no orchestrator has this name (did you mean 'AnyOrchestrator'?)"
    ]


ORCHESTRATORS = (
    CODE
    + """
class Silent(Orchestrator): ...
class Wrapping(Orchestrator):
    def wrap(self, func, instance): return func
class Named(Orchestrator):
    decorator_method = "wrap"
    def wrap(self, func, instance): return func
class Defaulting(Component):
    defaults = {"decorator_method": "wrap", "integration_types": ["component"]}
    def wrap(self, func, instance): return lambda *args: ("wrapped", func(*args))
class Typed(Component):
    class Config(Config):
        decorator_method: str = "wrap"
    def wrap(self, func, instance): return lambda *args: ("typed", func(*args))
"""
)


@pytest.mark.parametrize(
    ("cls", "method"),
    [
        ("Silent", "decorator"),
        ("Silent", "wrap"),
        ("Wrapping", "decorator"),
        ("Wrapping", "wrap"),
        ("Named", "decorator"),
        ("Named", "wrap"),
        ("LocalOrchestrator", "decorator"),
    ],
)
def test_the_keys_of_the_section_hold_for_any_orchestrator(
    project: Any, cls: str, method: str
) -> None:
    project.code(ORCHESTRATORS)
    types = "[component, pipeline, runner]"
    project.yaml(
        f"{YAML}decorators: {{orchestrator: {cls}}}\norchestrator:\n  config:\n"
        f"    decorator_method: {method}\n    integration_types: {types}\n"
    )
    project.check()


def test_a_misspelt_method_of_an_orchestrator_that_decorates(project: Any) -> None:
    project.code(ORCHESTRATORS)
    project.yaml(
        f"{YAML}decorators: {{orchestrator: Named}}\n"
        "orchestrator: {config: {decorator_method: wrpa}}\n"
    )
    assert project.problems() == [
        "lolpop.yaml:7:43: orchestrator: Named has no method 'wrpa' to decorate with"
        " (did you mean 'wrap'?)"
    ]


def test_a_class_names_its_method_among_its_defaults(project: Any) -> None:
    project.code(ORCHESTRATORS)
    project.yaml(f"{YAML}decorators: {{one: Defaulting}}\n")
    runner = project.decorated()
    assert runner.run() == ("wrapped", "rows")
    assert inspect.ismethod(runner.part.work)
    project.yaml(f"{YAML}decorators: {{one: Typed}}\n")
    assert project.decorated().run() == ("typed", ("typed", ("typed", "rows")))
