from __future__ import annotations

from typing import Any

import pytest

HEAD = """
import typing
from typing import Optional
if typing.TYPE_CHECKING:
    from pandas import Unknown
class Reader(Component): pass
class CsvReader(Reader): pass
class Other(Component): pass
class Part(Pipeline): pass
class Base(Runner):
    def run(self): pass
"""
YAML = "runner: flow:Flow\ncomponents: {x: flow:Other}\n"


def flow(project: Any, body: str, yaml: str = YAML, head: str = "") -> Any:
    project.code(f"{HEAD}class Flow(Base):\n    {body}\n")
    if head:
        text = (project.folder / "flow.py").read_text()
        project.write("flow.py", head + text)
    project.yaml(yaml)
    return project


FUTURE = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    ("annotation", "head"),
    [("Reader", ""), ("'Reader'", ""), ("Reader", FUTURE), ("CsvReader", "")],
)
def test_a_required_dependency_that_is_missing(project: Any, annotation: str, head: str) -> None:
    name = annotation.strip("'")
    assert flow(project, f"reader: {annotation}", head=head).problems() == [
        f"lolpop.yaml:1:1: Flow needs a component 'reader' ({name})"
        f" (name one: components: {{reader: {name}}})"
    ]


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [("Component", "component"), ("Part", "pipeline"), ("Pipeline", "pipeline")],
)
def test_the_hint_names_a_class_of_the_users(project: Any, annotation: str, kind: str) -> None:
    example = annotation if annotation == "Part" else "ITS_CLASS"
    assert flow(project, f"part: {annotation}").problems() == [
        f"lolpop.yaml:1:1: Flow needs a {kind} 'part' ({annotation})"
        f" (name one: {kind}s: {{part: {example}}})"
    ]


@pytest.mark.parametrize("head", ["", FUTURE])
@pytest.mark.parametrize(
    "annotation",
    [
        "Reader | None",
        "Optional[Reader]",
        "Optional['Reader']",
        "'Reader | None'",
        "Reader | Other",
        "'Unknown'",
        "'1 +'",
        "int",
        "'Missing[Reader]'",
        "type[Reader]",
    ],
)
def test_what_requires_nothing(project: Any, annotation: str, head: str) -> None:
    flow(project, f"reader: {annotation}", head=head).check()


@pytest.mark.parametrize(
    "annotation", ["Reader", "Reader | None", "Optional['Reader']", "'Reader | None'"]
)
def test_a_dependency_of_another_class(project: Any, annotation: str) -> None:
    assert flow(project, f"x: {annotation}").problems() == [
        "lolpop.yaml:2:17: x: Flow wants 'x' to be a Reader, x is a Other"
    ]


def test_a_subclass_serves(project: Any) -> None:
    flow(project, "x: Reader", "runner: flow:Flow\ncomponents: {x: flow:CsvReader}\n").check()


def test_a_name_only_for_type_checkers_hides_no_other(project: Any) -> None:
    made = flow(project, "a: Unknown\n    reader: Reader", head=FUTURE)
    assert len(made.problems()) == 1


def test_dependencies_are_inherited(project: Any) -> None:
    made = flow(project, "reader: Reader\nclass Flow(Flow): pass")
    assert len(made.problems()) == 1


def test_a_pipeline_names_its_own_dependencies(project: Any) -> None:
    project.code(HEAD + "class Flow(Base): pass\nclass Needy(Pipeline):\n    reader: Reader\n")
    project.yaml("runner: flow:Flow\npipelines: {needy: flow:Needy}\n")
    assert project.problems() == [
        "lolpop.yaml:2:13: needy: needy needs a component 'reader' (Reader)"
        " (name one: components: {reader: Reader})"
    ]
    project.yaml(
        "runner: flow:Flow\npipelines: {needy: flow:Needy}\ncomponents: {reader: flow:Reader}\n"
    )
    project.check()


SEEN = """
class Thing(Component): pass
class One(Pipeline):
    def mine(self): return "method"
    @property
    def prop(self): return "property"
    from functools import cached_property
    @cached_property
    def lazy(self): return "cached"
    default = None
class Two(Pipeline): pass
class Flow(Runner):
    def run(self): pass
"""
SEEN_YAML = """
runner: Flow
modules: [flow]
pipelines: {one: One, two: Two}
components: {shared: Thing, nearer: Thing, mine: Thing, prop: Thing, lazy: Thing, default: Thing}
one:
  components: {own: Thing, nearer: Thing}
"""


@pytest.fixture
def runner(project: Any) -> Any:
    project.code(SEEN)
    project.write("lolpop.yaml", SEEN_YAML)
    return project.tree().runner


def test_what_a_pipeline_sees(runner: Any) -> None:
    assert runner.one.shared is runner.shared
    assert runner.two.nearer is runner.nearer
    assert runner.one.nearer is not runner.nearer
    assert runner.one.default is runner.default
    assert not hasattr(runner.two, "own")
    assert not hasattr(runner.one, "two")
    assert not hasattr(runner, "own")


def test_what_a_component_sees(runner: Any) -> None:
    assert runner.one.own.nearer is runner.one.nearer
    assert runner.one.own.shared is runner.shared
    assert runner.shared.mine is runner.mine
    assert not hasattr(runner.shared, "one")
    assert not hasattr(runner.shared, "shared")
    assert not hasattr(runner.shared, "own")


def test_a_component_further_out_hides_nothing(runner: Any) -> None:
    assert (runner.one.mine(), runner.one.prop, runner.one.lazy) == (
        "method",
        "property",
        "cached",
    )


@pytest.mark.parametrize("name", ["run", "kind", "defaults", "prop", "lazy"])
def test_an_own_one_that_would_hide_something_is_refused(project: Any, name: str) -> None:
    project.code(
        """
        from functools import cached_property
        class Thing(Component): pass
        class Flow(Runner):
            def run(self): pass
            @property
            def prop(self): pass
            @cached_property
            def lazy(self): pass
        """
    )
    project.yaml(f"runner: flow:Flow\ncomponents: {{{name}: flow:Thing}}\n")
    assert project.problems() == [
        f"lolpop.yaml:2:14: {name}: {name!r} would hide Flow.{name}: give one of them another name"
    ]
