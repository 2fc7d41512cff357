from __future__ import annotations

from typing import Any

import pytest

from lolpop.errors import UsageError


def runner(project: Any, body: str, yaml: str = "") -> Any:
    lines = "\n    ".join(body.splitlines())
    project.code(
        f"class Base(Runner):\n    def inherited(self): return 'inherited'\n"
        f"class Flow(Runner):\n    {lines}\n"
        f"class Child(Flow, Base): pass\n"
    )
    project.yaml(f"runner: flow:Flow\n{yaml}")
    return project


RUN = "def run(self): return 'run'\ndef other(self): return 'other'\ndef _hidden(self): pass\n"
TWO = "def one(self): return 1\ndef two(self): return 2\n"


@pytest.mark.parametrize(
    ("body", "yaml", "method", "expected"),
    [
        (RUN, "", None, "run"),
        (RUN, "entrypoint: other", None, "other"),
        (RUN, "entrypoint: run", "other", "other"),
        ("def only(self): return 'only'\ndef _no(self): pass", "", None, "only"),
    ],
)
def test_the_method_that_is_called(
    project: Any, body: str, yaml: str, method: str | None, expected: str
) -> None:
    outcome = runner(project, body, yaml).run(method)
    assert (outcome.result, outcome.label) == (expected, f"Flow.{expected}")
    assert outcome.seconds >= 0


def test_an_inherited_method(project: Any) -> None:
    runner(project, RUN).yaml("runner: flow:Child\nentrypoint: inherited\n")
    assert project.run().result == "inherited"


@pytest.mark.parametrize(
    ("body", "method", "message", "hint"),
    [
        (
            TWO,
            None,
            "Flow has no method 'run', and 2 public methods: one, two",
            "write `entrypoint: METHOD`, or name it with -e",
        ),
        (
            "x = 1",
            None,
            "Flow has no method 'run', and 0 public methods: nothing",
            "write `entrypoint: METHOD`, or name it with -e",
        ),
        (RUN, "othr", "Flow has no method 'othr'", "did you mean 'other'?"),
        (RUN, "zzz", "Flow has no method 'zzz'", "public methods: other, run"),
        (
            RUN,
            "_hidden",
            "Flow._hidden is private: it can't be an entrypoint",
            "public methods: other, run",
        ),
        (RUN, "create", "Flow has no method 'create'", "public methods: other, run"),
        (RUN, "config", "Flow has no method 'config'", "public methods: other, run"),
    ],
)
def test_a_method_that_cannot_be_chosen(
    project: Any, body: str, method: str | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        runner(project, body).run(method)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.exit_code == 2


def test_a_configured_method_that_is_not_there(project: Any) -> None:
    assert runner(project, RUN, "entrypoint: othr\n").problems() == [
        "lolpop.yaml:2:13: entrypoint: Flow has no method 'othr' (did you mean 'other'?)"
    ]
