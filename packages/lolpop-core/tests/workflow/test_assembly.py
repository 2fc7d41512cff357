from __future__ import annotations

import traceback
from typing import Any

import pytest

import lolpop
from lolpop.errors import MissingValueError, WorkflowError


def test_each_init_sees_its_config_and_the_others(project: Any) -> None:
    project.code(
        """
        ORDER = []
        class Noting:
            def __init__(self):
                seen = [key for key in vars(self) if key not in ("config", "name")]
                ORDER.append((self.name, self.config.get("a"), sorted(seen)))
        class Thing(Noting, Component): pass
        class Part(Noting, Pipeline): pass
        class Flow(Noting, Runner):
            def run(self): pass
        """
    )
    project.yaml(
        """\
        runner: Flow
        modules: [flow]
        pipelines: {one: Part, two: Part}
        components: {x: Thing, y: Thing}
        config: {a: 1}
        one: {components: {z: Thing}}
        """
    )
    runner = project.tree().runner
    assert type(runner).__init__.__globals__["ORDER"] == [
        ("x", 1, ["y"]),
        ("y", 1, ["x"]),
        ("z", 1, ["x", "y"]),
        ("one", 1, ["x", "y", "z"]),
        ("two", 1, ["x", "y"]),
        ("Flow", 1, ["one", "two", "x", "y"]),
    ]


@pytest.mark.parametrize(
    ("body", "said", "hint"),
    [
        ("def __init__(self): 1 / 0", "ZeroDivisionError: division by zero", None),
        ("def __new__(cls): 1 / 0", "ZeroDivisionError: division by zero", None),
        ("def __init__(self): raise SystemExit(2)", "SystemExit: 2", None),
        (
            "def __init__(self): self.config.path",
            "MissingValueError: no value for thing.config.path; there is nothing",
            "set thing.config.path in the configuration",
        ),
    ],
)
def test_an_init_that_raises_is_the_users_error(
    project: Any, body: str, said: str, hint: str | None
) -> None:
    project.code(
        f"class Thing(Component):\n    {body}\nclass Flow(Runner):\n    def run(self): 0\n"
    )
    project.yaml("runner: flow:Flow\ncomponents: {thing: flow:Thing}\n")
    with pytest.raises(WorkflowError) as caught:
        project.run()
    assert caught.value.message == f"making thing (Thing) failed: {said}"
    assert caught.value.hint == hint
    assert caught.value.exit_code == 1
    assert caught.value.__cause__ is not None
    files = [frame.filename for frame in traceback.extract_tb(caught.value.__cause__.__traceback__)]
    assert str(project.folder / "flow.py") in files


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "class Flow(Runner):\n    def __init__(self, a, *b, c, d=1, **e): pass",
            "Flow.__init__ wants a, c: lolpop gives no arguments (read them from self.config)",
        ),
        (
            "import abc\nclass Flow(Runner, abc.ABC):\n    do = abc.abstractmethod(lambda self: 0)",
            "Flow is abstract: do not implemented",
        ),
    ],
)
def test_a_class_that_cannot_be_made(project: Any, code: str, expected: str) -> None:
    project.code(code + "\n    def run(self): pass\n")
    project.yaml("runner: flow:Flow\n")
    assert project.problems() == [f"lolpop.yaml:1:9: {expected}"]
    with pytest.raises(WorkflowError, match=r"^making Flow \(Flow\) failed: TypeError: "):
        project.tree(skip_validation=True)


def test_a_base_written_in_c_may_stand_behind_a_class(project: Any) -> None:
    project.code("class Flow(Runner, dict):\n    def run(self): return len(self)\n")
    project.yaml("runner: flow:Flow\n")
    assert project.run().result == 0


def test_dataclasses_work_as_integrations(project: Any) -> None:
    project.code(
        """
        from dataclasses import dataclass, field
        @dataclass
        class Thing(Component):
            count: int = 0
            seen: list = field(default_factory=list)
            def add(self):
                self.count += 1
                return self.count
        @dataclass(frozen=True)
        class Frozen(Component): pass
        class Note(Component):
            def decorator(self, func, instance):
                return lambda *a: func(*a) * 10
        class Flow(Runner):
            def run(self):
                return self.a == self.b, self.a is self.b, self.a.add(), self.b.count
        """
    )
    project.yaml(
        """\
        runner: Flow
        modules: [flow]
        components: {a: Thing, b: Thing, c: Frozen}
        decorators: {note: Note}
        orchestrator: {}
        note: {config: {integration_types: [component]}}
        """
    )
    assert project.run().result == (True, False, 10, 0)


def test_components_compare_by_identity() -> None:
    class Thing(lolpop.Component):
        pass

    one, other = Thing.create({"a": 1}), Thing.create({"a": 1})
    assert one != other
    assert len({one, other}) == 2


class Reader(lolpop.Component):
    class Config(lolpop.Config):
        limit: int = 5

    def __init__(self) -> None:
        self.start = self.config.limit * 2

    @property
    def broken(self) -> Any:
        return self.config.missing

    def rows(self) -> int:
        return self.start


class Process(lolpop.Pipeline):
    defaults = {"a": 1, "b": 2}  # noqa: RUF012
    reader: Reader

    @property
    def path(self) -> Any:
        return self.config.path


def test_made_by_hand() -> None:
    made = Process.create({"a": 3}, reader=Reader.create({"limit": 6}))
    assert (made.reader.rows(), made.name, dict(made.config)) == (12, "Process", {"a": 3, "b": 2})
    assert Reader.create().start == 10
    with pytest.raises(ValueError, match="limt"):
        Reader.create({"limt": 1})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raeder", "'Process' object has no attribute 'raeder': did you mean 'reader'?"),
        ("zzz", "'Process' object has no attribute 'zzz': it sees reader"),
        ("_private", "'Process' object has no attribute '_private'"),
    ],
)
def test_an_attribute_that_is_not_there(name: str, message: str) -> None:
    made = Process.create(reader=Reader.create())
    with pytest.raises(AttributeError) as caught:
        getattr(made, name)
    assert str(caught.value) == message
    shown = traceback.format_exception_only(caught.value)
    assert shown == [f"AttributeError: {message}\n"]


def test_an_object_that_sees_nothing_says_so() -> None:
    with pytest.raises(AttributeError, match=r"'zzz': it sees no other integration$"):
        _ = Reader.create().zzz


def test_an_attribute_error_in_a_property_is_its_own() -> None:
    with pytest.raises(MissingValueError, match=r"^no value for config.path; there is a, b$"):
        _ = Process.create().path
    with pytest.raises(AttributeError, match="'Config' object has no attribute 'missing'"):
        _ = Reader.create().broken
