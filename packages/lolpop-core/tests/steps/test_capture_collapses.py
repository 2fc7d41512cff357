"""What collapses, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STEP = "do it in a method of a pipeline or component, and hand the value over"
SMALL = "move it into a method of a pipeline or component"
HELPER = "move this into a method of a pipeline or component, or into a small method of the runner"
RUN = "which only the run knows"
OUT = f"the output of 'one.make', {RUN}"

LAST = {
    "if x: pass": (f"tests {OUT}", STEP),
    "y = 1 if x else 2": (f"tests {OUT}", STEP),
    "y = not x": (f"tests {OUT}", STEP),
    "y = x and 1": (f"tests {OUT}", STEP),
    "while x: pass": (f"tests {OUT}", STEP),
    "assert x": (f"tests {OUT}", STEP),
    "y = [n for n in NAMES if x]": (f"tests {OUT}", STEP),
    "for n in x: pass": (f"iterates over {OUT}", STEP),
    "y = [n for n in x]": (f"iterates over {OUT}", STEP),
    "y = x + 1": (f"calculates with {OUT}", STEP),
    "y = 1 - x": (f"calculates with {OUT}", STEP),
    "y = -x": (f"calculates with {OUT}", STEP),
    "y = 1; y += x": (f"calculates with {OUT}", STEP),
    "y = x; y += 1": (f"calculates with {OUT}", STEP),
    "y = x == 1": (f"compares {OUT}", STEP),
    "y = 1 in x": (f"compares {OUT}", STEP),
    "y = x in [1]": (f"compares {OUT}", STEP),
    "y = x is None": (f"compares {OUT}", STEP),
    "y = [x[0]] == [x[0]]": (f"compares [0] of {OUT}", STEP),
    "y = 1 in [x]": (f"compares {OUT}", STEP),
    "y = f'{x}'": (f"formats {OUT}", STEP),
    "y = '%s' % x": (f"calculates with {OUT}", STEP),
    "y = '%s' % [x]": (f"formats {OUT}", STEP),
    "y = '{}'.format(x)": (f"hands {OUT.replace(', ', ' to str.format(), ')}", STEP),
    "self.two.make(f'{x}')": (f"formats {OUT}", STEP),
    "y = str(x)": (f"hands {OUT.replace(', ', ' to str(), ')}", STEP),
    "y = len(x)": (f"hands {OUT.replace(', ', ' to len(), ')}", STEP),
    "y = isinstance(x, int)": (f"asks for the type of {OUT}", STEP),
    "y = sum([x])": (f"calculates with {OUT}", STEP),
    "y = sorted([x, x])": (f"compares {OUT}", STEP),
    "y = list(x)": (f"hands {OUT.replace(', ', ' to list(), ')}", STEP),
    "y = {x: 1}": (f"takes as a key {OUT}", STEP),
    "y = {x}": (f"takes as a key {OUT}", STEP),
    "y = x.shape": (f"reads .shape of {OUT}", STEP),
    "y = x.head()": (f"calls .head() of {OUT}", STEP),
    "y = x(1)": (f"calls {OUT}", STEP),
    "y = x[1:]": (f"takes [1:] of {OUT}", STEP),
    "y = x[True]": (f"takes [True] of {OUT}", STEP),
    "y = NAMES[x]": (f"takes as a key {OUT}", STEP),
    "a, *b = x": (
        f"unpacks the output of 'one.make' with a star, for which the length must be known, {RUN}",
        STEP,
    ),
    "self.two.make(*x)": (
        f"unpacks the output of 'one.make' with a star, for which the length must be known, {RUN}",
        STEP,
    ),
    "self.two.make(**x)": (f"unpacks with two stars {OUT}", STEP),
    "a, b = seed": (f"unpacks the parameter 'seed', {RUN}", STEP),
    "y = seed + 1": (f"calculates with the parameter 'seed', {RUN}", STEP),
    "y = self.config.secret + '/x'": (
        f"calculates with the value of '${{env:SECRET}}', {RUN}",
        STEP,
    ),
    "y = 's3cret' in [self.config.secret]": (
        f"compares the value of '${{env:SECRET}}', {RUN}",
        STEP,
    ),
    "y = self.config.secret[0]": (f"takes [0] of the value of '${{env:SECRET}}', {RUN}", STEP),
    "if self.config.nested['url']: pass": (
        f"tests the value of 'http://${{env:HOST}}/', {RUN}",
        STEP,
    ),
    "x[0] = 1": ("sets an item of the output of 'one.make', which only the run knows", STEP),
    "NAMES.append('c')": (
        "calls .append() of a list that wasn't made here",
        "change a copy: list(…)",
    ),
    "self.config.names.append('c')": (
        "calls .append() of a list that wasn't made here",
        "change a copy: list(…)",
    ),
    "with open('x') as f: pass": ("uses `with`", HELPER),
    "try: pass\nfinally: pass": ("uses `try`", HELPER),
    "raise ValueError(x)": ("raises an exception", HELPER),
    "import json": ("imports a module", HELPER),
    "from json import dumps": ("imports a module", HELPER),
    "def f(): pass": ("defines a function", HELPER),
    "class A: pass": ("defines a class", HELPER),
    "match seed:\n    case 1: pass": ("uses `match`", HELPER),
    "y = lambda: 1": ("uses a lambda", HELPER),
    "self.x = x": ("stores .x on an object", HELPER),
    "self.x += 1": ("stores .x on an object", HELPER),
    "self.x: int = 1": ("stores .x on an object", HELPER),
    "a, self.x = 1, 2": ("stores .x on an object", HELPER),
    "a = (b, c) = 1, 2": ("unpacks and assigns at once", HELPER),
    "for self.x in [1]: pass": ("stores something in a loop's head", HELPER),
    "d = {}; d['a'] = 1; d['a'] += 1": ("changes an item in place", HELPER),
    "d = {'a': 1}; del d['a']": ("deletes an item or an attribute", HELPER),
    "y = time.time()": ("calls time.time(), which may do anything", SMALL),
    "y = datetime.now()": ("calls .now() of datetime.datetime(), which may do anything", SMALL),
    "y = random.random()": ("calls Random.random(), which may do anything", SMALL),
    "y = open('x')": (f"calls {open.__module__}.open(), which may do anything", SMALL),
    "y = Path('x').exists()": (
        f"calls .exists() of a value of type {type(Path()).__name__!r}, which may do anything",
        SMALL,
    ),
    "y = Path.cwd()": (f"calls .cwd() of {Path.__module__}.Path(), which may do anything", SMALL),
    "print('x', file=open)": ("prints into a file", SMALL),
    "y = max(NAMES, key=hash)": (
        "hands a value of type 'builtin_function_or_method' to max(), which may do anything",
        SMALL,
    ),
    "for n in {'a', 'b'}: pass": (
        "iterates over a set, whose order is chance",
        "sort it: sorted(…)",
    ),
    "y = list({'a', 'b'})": ("uses a set, whose order is chance", "sort it: sorted(…)"),
    "a, b = {'a', 'b'}": ("iterates over a set, whose order is chance", "sort it: sorted(…)"),
    "y = NAMES is NAMES": ("compares identities with `is`", "compare with ==, or with None"),
    "y = self.one._private()": ("calls the private method one._private", "give it a public name"),
    "y = self.one.LIMIT": (
        "reads .LIMIT of the pipeline 'one', which isn't made before the run",
        "call a method of 'one' that does it",
    ),
    "y = self.one == 1": (
        "compares the pipeline 'one', which isn't made before the run",
        "call a method of 'one' that does it",
    ),
    "y = self.one.make": (
        "reads .make of the pipeline 'one', which isn't made before the run",
        "call a method of 'one' that does it",
    ),
    "y = self.run": ("takes the method .run as a value", "call it here instead"),
    "y = self.one.missing()": (
        "raises AttributeError: 'One' object has no attribute 'missing'",
        None,
    ),
    "y = self.missing": ("raises AttributeError: 'Flow' object has no attribute 'missing'", None),
    "y = 1 / 0": ("raises ZeroDivisionError: division by zero", None),
    "y = {}['k']": ("raises KeyError: 'k'", None),
    "self.two.table(1, 2)": (
        "calls two.table with arguments that don't fit: too many positional arguments",
        None,
    ),
    "self.two.make(self.one)": (
        "hands over what can't be written down: integrations can't be handed over",
        "hand over plain values, and make the rest in the step",
    ),
    "self.two.make(self)": (
        "hands over what can't be written down: integrations can't be handed over",
        "hand over plain values, and make the rest in the step",
    ),
    "self.two.make(n for n in NAMES)": (
        "hands over what can't be written down: 'Flow.run.<locals>.<genexpr>'"
        " can't be pickled: cannot pickle 'generator' object",
        "hand over plain values, and make the rest in the step",
    ),
    "y = [1]; self.two.make(y, [y])": (
        "hands over what can't be written down: one list is in it twice",
        "hand over plain values, and make the rest in the step",
    ),
    "self.two.make(Path(__file__))": (
        None,
        "hand over plain values, and make the rest in the step",
    ),
    "while True: pass": ("turns more than 1,000,000 times in loops", SMALL),
}


@pytest.mark.parametrize("code", LAST)
def test_line_collapses_the_entrypoint_and_says_why(code: str, flow: Callable[..., Any]) -> None:
    made = flow(f"x = self.one.make()\n{code}\nreturn x")
    graph = made.graph()
    (collapse,) = graph.collapses
    reason, hint = LAST[code]
    if reason is None:
        where = str(made.folder / f"{made.module}.py")
        reason = f"hands over what can't be written down: {where!r} leads into"
        reason += " the project folder of this machine"
    assert (collapse.step, collapse.reason, collapse.hint) == ("run", reason, hint)
    last = code.splitlines()[0]
    assert made.line(collapse.file, collapse.line) == last
    (step,) = graph.steps
    assert (step.name, step.parameters, step.call["target"]) == ("run", ("seed",), [])


SMALLEST = """
x = self.prepare(seed)
return self.two.make(x)
"""
MEMBERS = {
    "decorated": (
        "@loud\ndef prepare(self, s): return self.one.make(s)",
        "is decorated with @loud",
        "leave the decorator off",
    ),
    "static": (
        "@staticmethod\ndef prepare(s): return s",
        "is a static or class method",
        "write it as an ordinary method",
    ),
    "generator": (
        "def prepare(self, s):\n    yield s",
        "is a generator",
        "write it as an ordinary method that returns its result",
    ),
    "async": (
        "async def prepare(self, s): return s",
        "is asynchronous",
        "write it as an ordinary method that returns its result",
    ),
    "global": (
        "def prepare(self, s):\n    global NAMES\n    return s",
        "declares a name global",
        "write it as an ordinary method that returns its result",
    ),
    "test": (
        "def prepare(self, s):\n    x = self.one.make(s)\n    return x if x else s",
        "tests the output of 'one.make', which only the run knows",
        STEP,
    ),
    "storing": (
        "def prepare(self, s):\n    self.y = s\n    return s",
        "stores .y on an object",
        HELPER,
    ),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_only_the_smallest_method_collapses(name: str, flow: Callable[..., Any]) -> None:
    member, reason, hint = MEMBERS[name]
    graph = flow(SMALLEST, member).graph()
    assert [step.name for step in graph.steps] == ["prepare", "two.make"]
    assert graph.steps[0].call["target"] == []
    assert [(each.step, each.reason, each.hint) for each in graph.collapses] == [
        ("prepare", reason, hint)
    ]
    assert graph.groups == ()
