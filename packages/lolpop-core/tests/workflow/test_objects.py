"""What a Python programmer expects of decorated objects."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from copy import copy, deepcopy
from typing import Any

import pytest

CODE = """
import functools
from functools import cached_property, lru_cache, wraps

CALLS = []

class Note(Component):
    def decorator(self, func, instance):
        @functools.wraps(func)
        def noted(*args, **kwargs):
            CALLS.append(func.__name__)
            return func(*args, **kwargs)
        return noted

def plain(func):
    @wraps(func)
    def inner(self, *args):
        return func(self, *args)
    return inner

class Mixin:
    def mixed(self): return "mixed"
    def both(self): return "mixin"

class Base(Component):
    def both(self): return "base"
    def only_base(self): return self.both()

class Thing(Mixin, Base):
    class Config(Config):
        size: int = 3
        names: list = []

    def both(self): return ["thing", super().both()]
    def rows(self):
        yield 1
        yield 2
    async def wait(self): return "waited"
    async def stream(self):
        yield 1
        yield 2
    @property
    def prop(self): return "property"
    @cached_property
    def lazy(self): return object()
    @staticmethod
    def static(): return "static"
    @classmethod
    def made(cls): return cls.__name__
    @plain
    def wrapped(self): return "wrapped"
    @lru_cache
    def cached(self, n): return [n]
    def factorial(self, n): return 1 if n < 2 else n * self.factorial(n - 1)
    def same(self, value): return value
    def fail(self, error): raise error
    def _private(self): return "private"
    attribute = "attribute"

class Part(Pipeline):
    def work(self): return self.thing.both()

class Flow(Runner):
    def run(self): return self.part.work()
"""
YAML = """
runner: Flow
modules: [flow]
pipelines: {part: Part}
components: {thing: Thing}
thing: {config: {names: [a]}}
"""


@pytest.fixture(params=["plain", "decorated"])
def runner(request: Any, project: Any) -> Any:
    project.code(CODE)
    more = "decorators: {note: Note}\n" if request.param == "decorated" else ""
    project.write("lolpop.yaml", YAML + more)
    return project.decorated()


@pytest.fixture
def noted(project: Any) -> Any:
    """Give a decorated component, and the list of calls that the decorator saw."""
    project.code(CODE)
    project.write("lolpop.yaml", YAML + "decorators: {note: Note}\n")
    runner = project.decorated()
    calls = type(runner).run.__globals__["CALLS"]
    calls.clear()
    return runner.thing, calls


def test_generators(noted: Any) -> None:
    thing, calls = noted
    assert inspect.isgenerator(thing.rows())
    assert list(thing.rows()) == [1, 2]
    assert calls == ["rows", "rows"]


def test_async_methods(noted: Any) -> None:
    thing, calls = noted

    async def collect() -> list[int]:
        return [item async for item in thing.stream()]

    assert asyncio.run(thing.wait()) == "waited"
    assert asyncio.run(collect()) == [1, 2]
    assert calls == ["wait", "stream"]


def test_what_is_no_method_is_left_alone(noted: Any) -> None:
    thing, calls = noted
    assert (thing.prop, thing.static(), thing.made(), thing.attribute, thing._private()) == (
        "property",
        "static",
        "Thing",
        "attribute",
        "private",
    )
    assert thing.lazy is thing.lazy
    assert calls == []


def test_inheritance_super_and_mixins(noted: Any) -> None:
    thing, calls = noted
    assert thing.both() == ["thing", "mixin"]
    assert calls == ["both"]
    assert thing.only_base() == ["thing", "mixin"]
    assert calls == ["both", "only_base", "both"]
    assert thing.mixed() == "mixed"
    assert calls[3:] == ["mixed"]


def test_methods_with_decorators_of_their_own(noted: Any) -> None:
    thing, calls = noted
    assert thing.wrapped() == "wrapped"
    assert thing.cached(1) is thing.cached(1)
    assert calls == ["wrapped", "cached", "cached"]


def test_recursion_through_self(noted: Any) -> None:
    thing, calls = noted
    assert thing.factorial(4) == 24
    assert calls == ["factorial"] * 4


def test_results_and_errors_pass_as_they_are(runner: Any) -> None:
    value, error = object(), ValueError("mine")
    assert runner.thing.same(value) is value
    with pytest.raises(ValueError, match="mine") as caught:
        runner.thing.fail(error)
    assert caught.value is error


COPIES = {
    "copy": copy,
    "deepcopy": deepcopy,
    "pickle": lambda it: pickle.loads(pickle.dumps(it)),
    "old pickle": lambda it: pickle.loads(pickle.dumps(it, protocol=0)),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_tree_is_copied_without_its_wrappers(
    runner: Any, copied: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project.folder))
    before = {key: value for key, value in vars(runner).items() if not key.startswith("__")}
    made = copied(runner)
    assert "run" not in vars(made)
    assert set(vars(made)) == {"config", "name", "part", "thing"}
    assert made.run() == ["thing", "mixin"]
    assert made.thing.config == runner.thing.config
    assert made.part.thing is made.thing
    assert {key: vars(runner)[key] for key in before} == before, "the original stays as it was"


@pytest.mark.parametrize("copied", list(COPIES.values())[1:], ids=list(COPIES)[1:])
def test_a_copy_of_the_tree_shares_nothing(
    runner: Any, copied: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project.folder))
    made = copied(runner)
    assert made.thing is not runner.thing
    assert "both" not in vars(made.thing)
    assert made.thing.config.names == ["a"]
    assert made.thing.config.names is not runner.thing.config.names


STATEFUL = """
import threading
from functools import wraps

class Note(Component):
    def decorator(self, func, instance):
        return lambda *args: func(*args)

class Stateful(Component):
    def __init__(self):
        self.lock = threading.Lock()
        self._wrapped = "the user's own"
    def __getstate__(self):
        state = self.__dict__.copy()
        del state["lock"]
        return state
    def __setstate__(self, state):
        self.__dict__.update(state)
        self.lock = "new"
    def work(self): return self.lock

class Slotted(Component):
    __slots__ = ("inner",)
    def __init__(self): self.inner = 5
    def work(self): return self.inner

class Reduced(Component):
    def __reduce__(self): return (Reduced, (), None)
    def work(self): return 1

class Flow(Runner):
    def run(self): pass
"""


@pytest.mark.parametrize("more", ["", "decorators: {note: Note}\n"])
def test_what_a_class_says_of_its_own_pickling_holds(
    project: Any, more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project.folder))
    project.code(STATEFUL)
    project.write(
        "lolpop.yaml",
        "runner: Flow\nmodules: [flow]\n"
        f"components: {{a: Stateful, b: Slotted, c: Reduced}}\n{more}",
    )
    runner = project.decorated()
    a, b, c = (pickle.loads(pickle.dumps(getattr(runner, name))) for name in "abc")
    assert (a.work(), a._wrapped, b.work(), c.work()) == ("new", "the user's own", 5, 1)
    assert not {"work", "__lolpop_wrappers__"} & {*vars(a), *vars(b), *vars(c)}
