"""What is walked through, and gives what plain execution gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BODIES = {
    "chain": "x = self.one.make(seed); y = self.other.make(x); return self.two.make(x, y=y)",
    "containers": "x = self.one.make(); return self.one.make([x, {'k': (x, [seed])}], k={'a': x})",
    "unpacking": "a, b = self.one.pair(seed); return self.one.make(b, a)",
    "nested unpacking": "a, (b, c) = self.one.pair(1); return self.one.make(c), b",
    "indexing": "x = self.one.table(); return self.one.make(x['x'], x['y']['z'], x[0], x['x'][-1])",
    "whole and part": "x = self.one.table(); return self.one.make(x, x['x'], x['y'])",
    "one twice": "x = self.one.make(); return self.one.make(x, x)",
    "loop": "for name in self.config.names: self.one.make(name)",
    "range": "x = None\nfor i in range(LIMIT):\n    x = self.one.make(x, i)\nreturn x",
    "comprehension": "return [self.one.make(n, i) for i, n in enumerate(NAMES) if n != 'b']",
    "dict comprehension": "return {n: self.one.make(n) for n in self.config['names']}",
    "generator": "return tuple(self.one.make(n) for n in NAMES)",
    "any stops early": "return any(n == 'a' or self.one.nothing(n) for n in ['a', 'b'])",
    "branch": "if self.config.flag and LIMIT > 2: self.one.make()\nreturn 1",
    "branch on config": "x = self.one if self.config.flag else self.other\nreturn x.make()",
    "while": "i = 0\nwhile i < 2:\n    self.one.make(i)\n    i += 1\nelse:\n    self.two.make()",
    "break": "for n in NAMES:\n    if n == 'b': break\n    self.one.make(n)\nelse: self.one.pair()",
    "f-string": 'return self.one.make(f"{self.config.number:03d}-{NAMES[0]!r}")',
    "walrus": "if (n := self.config.number) > 1: y = self.one.make(n)\nreturn [z := y, z]",
    "early return": "if self.config.number > 1:\n    return self.one.make()\nself.one.pair()",
    "append": "xs = []\nfor n in NAMES:\n    xs.append(self.one.make(n))\n"
    "    self.two.make(xs)\nreturn xs",
    "item set": "d = {}\nfor n in NAMES: d[n] = self.one.make(n)\nreturn self.two.make(d), d",
    "list plus": "xs = [self.one.make()]; xs += [self.one.make()]; return xs + [1] * 2",
    "stars": "a = [1, 2]; k = {'x': self.one.make()}; return self.one.make(*a, 3, **k, z=1)",
    "star of known": "a, *b = [1, 2, 3]; return self.one.make(b, a)",
    "nested pairs": "for a, (b, *c) in [(1, (2, 3, 4))]: self.one.make(a, b, c)",
    "zip": "return [self.one.make(a, b) for a, b in zip(NAMES, [self.two.make(1), 5])]",
    "paths": "p = Path('data') / NAMES[0]; return self.one.make(p.with_suffix('.csv'), p.stem)",
    "dates": "d = date(2024, 1, 30)\n"
    "return [self.one.make(d + timedelta(days=i)) for i in range(3)]",
    "enum": "return self.one.make(Color.RED, Color.BLUE.value, Color.RED is Color.RED)",
    "enum loop": "return [self.one.make(c.name) for c in Color]",
    "strings": "return self.one.make(','.join(NAMES).upper().split(','),"
    " 'a%s' % 1, '{}'.format(2))",
    "numbers": "return self.one.make(math.ceil(1.2), max(1, 2), round(2.5),"
    " float('inf'), -0.0, 1j)",
    "dict order": "return self.one.make({'b': 1, 'a': {2: 'x', 1.5: None, (1, 2): b'y'}})",
    "sets": "return self.one.make(sorted({'b', 'a'}), {1, 2}, frozenset([3]))",
    "no result": "self.one.nothing()",
    "constant result": "self.one.make(); return {'n': (1, [2.5, None])}",
    "parameters": "return self.one.make(seed), self.one.make([seed]), seed",
    "environment": "return self.one.make(self.config.secret, self.config.nested['url'])",
    "config of a pipeline": "return self.one.make(self.one.config.size, self.one.name)",
    "config methods": "return self.one.make(self.config.get('none', 4), 'flag' in self.config)",
    "getattr": "return [getattr(self, n).make() for n in ('one', 'two')]",
    "slices": "return self.one.make(NAMES[::-1], 'abc'[1:])",
    "chained comparison": "return self.one.make(1 < self.config.number <= LIMIT, NAMES == ['a'])",
    "conditional": "return self.one.make() if 'a' in NAMES else self.two.make()",
    "or": "return self.one.make(self.config.get('zero') or 5, None and 1)",
    "assert": "assert self.config.flag, 'needs the flag'\nreturn self.one.make()",
    "an untaken raise": "if not NAMES: raise ValueError('none')\nreturn self.one.make()",
    "an untaken with": "if not NAMES:\n    with open('x') as f: return f\nreturn self.one.make()",
    "isinstance": "return self.one.make(isinstance(NAMES, list), type('x') if False else 1)",
    "deletion": "x = self.one.make(); del x; return self.one.make()",
    "annotation": "x: int = self.one.make()\ny: str\nreturn x",
    "itertools": "return [self.one.make(*p) for p in itertools.product([1, 2], ['x', 'y'])]",
    "chained assignment": "a = b = self.one.make(); return self.two.make(a, b)",
    "aliased list": "a = [1]; b = a; b.append(2); self.one.make(a);"
    " a.append(3); return self.one.make(b)",
    "functions as values": "return self.one.make(len, Color, date)",
}


@pytest.mark.parametrize("name", BODIES)
def test_body_splits_and_gives_the_same(name: str, flow: Callable[..., Any]) -> None:
    graph = flow(BODIES[name]).same()
    assert graph.collapses == ()


MEMBERS = {
    "own method": (
        "return self.two.make(self.prepare(seed))",
        "def prepare(self, s): return self.one.make(s)",
    ),
    "own method without steps": (
        "return self.one.make(self.names())",
        "def names(self): return [n * 2 for n in NAMES]",
    ),
    "defaults": (
        "return self.prepare(), self.prepare(2, c=3)",
        "def prepare(self, a=1, *b, c=NAMES, **d): return self.one.make(a, b, c, d)",
    ),
    "star arguments": (
        "return self.prepare(1, 2, 3, c=4, e=5)",
        "def prepare(self, a, /, *b, c, **d): return self.one.make(a, *b, c=c, **d)",
    ),
    "recursion": (
        "return self.down(3)",
        "def down(self, n): return self.one.make(n) if n == 0 else self.one.make(self.down(n - 1))",
    ),
    "changing an argument": (
        "xs = []; self.add(xs, 1); self.add(xs, 2); return self.one.make(xs)",
        "def add(self, xs, n): xs.append(self.one.make(n))",
    ),
    "private names": ("return self.__down(1)", "def __down(self, n): return self.one.make(n)"),
    "class constants": ("return [self.one.make(i) for i in range(self.TIMES)]", "TIMES = 2"),
    "attributes of __init__": (
        "return [self.parts[k].make(self.size) for k in self.parts]",
        "def __init__(self):\n    self.parts = {'a': self.one, 'b': self.two}\n"
        "    self.size = self.config.number + 1",
    ),
    "a generator handed over": (
        "return self.every(self.one.make(n) for n in NAMES)",
        "def every(self, xs): return [self.two.make(x) for x in xs]",
    ),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_own_methods_split_and_give_the_same(name: str, flow: Callable[..., Any]) -> None:
    graph = flow(*MEMBERS[name]).same()
    assert graph.collapses == ()


INHERITED = """
class Base(lolpop.Runner):
    SCALE = 2

    def run(self, seed=7):
        data = self.load(seed)
        return self.finish(data)

    def load(self, seed):
        return self.one.make(seed, self.SCALE)

    def finish(self, data):
        return self.two.make(data)


class Mixin:
    def finish(self, data):
        return super().finish(self.other.make(data))


class Flow(Mixin, Base):
    SCALE = 3

    def load(self, seed):
        first = super().load(seed)
        return self.one.make(first)
"""


def test_inherited_and_overridden_methods(written: Callable[..., Any]) -> None:
    graph = written(INHERITED).same()
    assert [(step.name, step.group) for step in graph.steps] == [
        ("one.make", ("load",)),
        ("one.make[2]", ("load",)),
        ("other.make", ("finish",)),
        ("two.make", ("finish",)),
    ]
    assert graph.collapses == ()


def test_names_groups_edges_and_order(flow: Callable[..., Any]) -> None:
    body = "a = self.prepare(seed); b = self.prepare(2); return self.two.make(a, [b])"
    made = flow(body, 'def prepare(self, s):\n    """Prepare it."""\n    return self.one.make(s)')
    graph = made.same()
    assert [group.path for group in graph.groups] == [("prepare",), ("prepare[2]",)]
    assert graph.groups[0].doc == "Prepare it."
    assert [step.name for step in graph.steps] == ["one.make", "one.make[2]", "two.make"]
    assert [step.after for step in graph.steps] == [(), ("one.make",), ("one.make[2]", "one.make")]
    assert graph.steps[0].parameters == ("seed",)
    assert graph.steps[0].doc == "Make something."
    source = graph.steps[0].source
    assert source is not None
    assert made.line(*_divided(source)).startswith("def make(")
    edges = [(edge.source, edge.element, edge.argument) for edge in graph.steps[2].edges]
    assert edges == [("one.make", (), None), ("one.make[2]", (), None)]
    data = made.same({"order": "data"})
    assert [step.after for step in data.steps] == [(), (), ("one.make", "one.make[2]")]


def _divided(source: str) -> tuple[str, int]:
    file, _, line = source.rpartition(":")
    return file, int(line)


def test_edges_name_the_argument(flow: Callable[..., Any]) -> None:
    graph = flow(
        "return self.one.table(self.two.make()), self.one.table(value=self.two.make())"
    ).same()
    assert [edge.argument for step in graph.steps for edge in step.edges] == ["value", "value"]


def test_runner_granularity_makes_one_step(flow: Callable[..., Any]) -> None:
    graph = flow("return self.one.make(seed)").same({"granularity": "runner"})
    assert [(step.name, step.parameters) for step in graph.steps] == [("run", ("seed",))]
    assert graph.collapses == ()


def test_messages_are_printed_with_the_names_of_values(
    flow: Callable[..., Any], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    body = """
        x = self.one.table(seed)
        print("made", x, [x["x"]], seed, f"in {x['y']!r:>20} of {LIMIT:02d}", sep=" | ")
        logger.warning("kept %s of %d", x, 3)
        return x
    """
    graph = flow(body).graph()
    said = "made | <one.table> | [<one.table['x']>] | <seed> | in <one.table['y']> of 03\n"
    assert capsys.readouterr().out == said
    assert caplog.messages == ["kept <one.table> of 3"]
    assert [step.name for step in graph.steps] == ["one.table"]
