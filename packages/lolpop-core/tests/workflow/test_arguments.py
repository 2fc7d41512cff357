from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from lolpop.errors import ConfigError, UsageError
from lolpop.workflow.arguments import bind, parameters_of, parse_value

if TYPE_CHECKING:
    from pandas import DataFrame


class Flow:
    def run(self, seed: int, rate: float = 0.5, *, name: str = "x") -> dict[str, int]: ...
    def many(self, first: int, *rest: int, last: bool = False, **more: float) -> None: ...
    def paths(self, path: Path, day: date, pair: tuple[int, str] = (1, "a")) -> None: ...
    def only(self, a: int, /, b: int = 2) -> None: ...
    def free(self, a, b: DataFrame = None, c: list[DataFrame] = [], d: Any = 1) -> None: ...  # noqa: B006
    def call(self, a: Callable[..., int], b: str | None, c: Literal["1", "2"], d: int | str): ...


@pytest.mark.parametrize(
    ("method", "arguments", "keywords", "expected"),
    [
        (Flow.run, [1], {}, ((1,), {})),
        (Flow.run, [1, 2], {"name": "y"}, ((1, 2.0), {"name": "y"})),
        (Flow.run, [], {"seed": 1}, ((1,), {})),
        (Flow.many, [1, 2, 3], {"last": True, "x": 1}, ((1, 2, 3), {"last": True, "x": 1.0})),
        (
            Flow.paths,
            ["a.csv", "2026-01-31", [5, "b"]],
            {},
            ((Path("a.csv"), date(2026, 1, 31), (5, "b")), {}),
        ),
        (Flow.only, [1], {"b": 3}, ((1, 3), {})),
        (Flow.free, ["a", {"x": 1}, [1], None], {}, (("a", {"x": 1}, [1], None), {})),
    ],
)
def test_arguments_that_fit(method: Any, arguments: Any, keywords: Any, expected: Any) -> None:
    found = bind(method, arguments, keywords)
    assert found == expected
    assert [type(value) for value in found[0]] == [type(value) for value in expected[0]]


RUN = "Flow.run(seed: 'int', rate: 'float' = 0.5, *, name: 'str' = 'x')"


@pytest.mark.parametrize(
    ("method", "arguments", "keywords", "message"),
    [
        (Flow.run, [], {}, f"missing a required argument: 'seed': {RUN}"),
        (Flow.run, [1, 2, 3], {}, f"too many positional arguments: {RUN}"),
        (Flow.run, [1], {"sed": 1}, f"got an unexpected keyword argument 'sed': {RUN}"),
        (Flow.run, [1], {"seed": 1}, f"multiple values for argument 'seed': {RUN}"),
        (
            Flow.run,
            ["1"],
            {},
            "argument 'seed' of Flow.run: input should be a valid integer, got '1'",
        ),
        (
            Flow.run,
            [1.0],
            {},
            "argument 'seed' of Flow.run: input should be a valid integer, got 1.0",
        ),
        (
            Flow.run,
            [True],
            {},
            "argument 'seed' of Flow.run: input should be a valid integer, got True",
        ),
        (
            Flow.run,
            [1],
            {"name": 5},
            "argument 'name' of Flow.run: input should be a valid string, got 5",
        ),
        (
            Flow.many,
            [1, 2, "x"],
            {},
            "argument 'rest' of Flow.many: input should be a valid integer, got 'x'",
        ),
        (
            Flow.many,
            [1],
            {"other": "x"},
            "argument 'more' of Flow.many: input should be a valid number, got 'x'",
        ),
    ],
)
def test_arguments_that_do_not_fit(
    method: Any, arguments: Any, keywords: Any, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        bind(method, arguments, keywords)
    assert caught.value.message == message


def test_a_signature_is_shown_whole() -> None:
    with pytest.raises(UsageError) as caught:
        bind(Flow.only, [], {"c": 1})
    assert caught.value.message in {
        "missing a required argument: 'a': Flow.only(a: 'int', /, b: 'int' = 2)",
        "missing a required positional-only argument: 'a': Flow.only(a: 'int', /, b: 'int' = 2)",
    }


@pytest.mark.parametrize(
    ("method", "name", "text", "expected"),
    [
        (Flow.run, "seed", "7", 7),
        (Flow.run, "name", "7", "7"),
        (Flow.paths, "path", "7", "7"),
        (Flow.call, "a", "7", 7),
        (Flow.call, "b", "7", "7"),
        (Flow.call, "c", "1", "1"),
        (Flow.call, "d", "1", 1),
        (Flow.free, "a", "[1]", [1]),
        (Flow.free, "a", "plain", "plain"),
        (Flow.free, "d", "plain", "plain"),
    ],
)
def test_typed_arguments(method: Any, name: str, text: str, expected: object) -> None:
    assert parse_value(text, parameters_of(method)[name], method) == expected


CODE = """
class Flow(Runner):
    def run(self, seed: int = 1, *files: str, name: str = "x"): return seed, files, name
    def other(self, size: int = 1): return size
    def open(self, **more: int): return more
"""


@pytest.fixture
def configured(project: Any) -> Any:
    project.code(CODE)

    def _configured(parameters: str) -> Any:
        project.yaml(f"runner: flow:Flow\ndeployment:\n  parameters: {parameters}\n")
        return project

    return _configured


def test_configured_parameters_serve_where_none_are_given(configured: Any) -> None:
    made = configured("{seed: 5, name: z}")
    assert made.run().result == (5, (), "z")
    assert made.run(None, "6").result == (6, (), "z")
    assert made.run(None, "6", "a", "7").result == (6, ("a", "7"), "z")
    assert made.run(seed=8, name="q").result == (8, (), "q")


def test_keywords_of_any_name(configured: Any) -> None:
    assert configured("{a: 1}").run("open", b=2).result == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            "{sed: 1}",
            "deployment.parameters.sed: unknown key 'sed' (did you mean 'seed'?)",
        ),
        (
            "{files: [a]}",
            "deployment.parameters.files: unknown key 'files' (expected seed, name)",
        ),
        (
            "{seed: x}",
            "deployment.parameters.seed: input should be a valid integer, got 'x'",
        ),
    ],
)
def test_configured_parameters_that_do_not_fit(
    configured: Any, parameters: str, expected: str
) -> None:
    made = configured(parameters)
    [found] = made.problems()
    assert found.partition(": ")[2] == expected
    assert found.startswith("lolpop.yaml:3:")
    with pytest.raises(ConfigError, match=r"^lolpop\.yaml:3:\d+: deployment\.parameters\."):
        made.run()


def test_parameters_are_those_of_the_method_that_is_called(configured: Any) -> None:
    made = configured("{size: 3}")
    assert made.run("other").result == 3
    with pytest.raises(ConfigError, match="unknown key 'size'"):
        made.run()


def test_variables_in_parameters(configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = configured("{seed: '${env:SEED_OF_TEST}', name: '${env:NAME_OF_TEST:-5}'}")
    made.check()
    with pytest.raises(ConfigError) as caught:
        made.run()
    assert str(caught.value) == (
        "lolpop.yaml:3:22: deployment.parameters.seed:"
        " environment variable 'SEED_OF_TEST' isn't set"
    )
    monkeypatch.setenv("SEED_OF_TEST", "7")
    assert made.run().result == (7, (), "5")
    monkeypatch.setenv("SEED_OF_TEST", "many")
    with pytest.raises(ConfigError) as caught:
        made.run()
    assert str(caught.value) == (
        "lolpop.yaml:3:22: deployment.parameters.seed:"
        " input should be a valid integer, got ${env:SEED_OF_TEST}"
    )
