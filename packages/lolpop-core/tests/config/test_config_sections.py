"""Which integrations a configuration names, the core's own keys, and all that is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lolpop.config.document import Document
from lolpop.config.nodes import plain
from lolpop.config.sections import Section, divide
from lolpop.config.settings import Settings
from lolpop.contract.durations import seconds
from lolpop.errors import ConfigError, Place, Problem, nearest
from lolpop.workflow.check import settings_of

Complaints = Callable[..., list[str]]
Loaded = Callable[..., Document]

WHOLE = """
runner: R
pipelines: {p: P}
components: {c: C}
decorators: {timing: T, orchestrator: AOrchestrator}
config: {seed: 1}
p:
  components: {d: D}
  config: {x: 2}
  d: {config: {y: 3}}
c:
orchestrator:
  config: {decorator_method: m}
  AOrchestrator: {config: {pool: lab}}
  BOrchestrator:
"""


def outline(section: Section) -> tuple[object, ...]:
    config = {key: plain(node) for key, node in section.config.items()}
    name = section.class_name.value if section.class_name else None
    return (section.kind, section.path, name, config, [outline(part) for part in section.parts])


def test_sections_stand_where_their_integrations_are_named(loaded: Loaded) -> None:
    problems: list[Problem] = []
    runner = divide(loaded(WHOLE).root, problems)
    assert problems == []
    assert outline(runner) == (
        "runner",
        "",
        "R",
        {"seed": 1},
        [
            ("pipeline", "p", "P", {"x": 2}, [("component", "p.d", "D", {"y": 3}, [])]),
            ("component", "c", "C", {}, []),
            ("decorator", "timing", "T", {}, []),
            ("decorator", "orchestrator", "AOrchestrator", {"decorator_method": "m"}, []),
        ],
    )
    keys = {name: list(config) for name, config in runner.parts[-1].orchestrators.items()}
    assert keys == {"AOrchestrator": ["pool"]}


KEYS = (
    "components, config, decorators, deployment, entrypoint, extensions, granularity, modules,"
    " orchestrator, order, package, pipelines, runner, steps, storage"
)
ATTRIBUTE = "can't be an attribute: use letters, digits and underscores"

SHAPES: dict[str, list[str]] = {
    "pipelines: {config: A, steps: B, name: C, step: D}": [
        "1:13: pipelines.config: 'config' is reserved and can't name a pipeline",
        "1:24: pipelines.steps: 'steps' is reserved and can't name a pipeline",
        "1:34: pipelines.name: 'name' is reserved and can't name a pipeline",
        "1:43: pipelines.step: 'step' is reserved and can't name a pipeline",
    ],
    "components: {orchestrator: X}": [
        "1:14: components.orchestrator: 'orchestrator' is reserved and can't name a component"
    ],
    "decorators: {a-b: A, class: B, _x: C}": [
        f"1:14: decorators.a-b: 'a-b' {ATTRIBUTE}",
        f"1:22: decorators.class: 'class' {ATTRIBUTE}",
        f"1:32: decorators._x: '_x' {ATTRIBUTE}",
    ],
    "components: {1: A}": [
        f"1:14: components.1: '1' {ATTRIBUTE}",
        "1:14: components.1: expected a string as key",
    ],
    "pipelines: {p: P}\ncomponents: {p: Q}": [
        "2:14: components: 'p' is the name of a pipeline already"
    ],
    "pipelines: {process: P}\nproces: {}": [
        "2:1: proces: unknown section 'proces': no integration has this name"
        " (did you mean 'process'?)"
    ],
    "pipelines: {process: P}\nqqq: {}": [
        "2:1: qqq: unknown section 'qqq': no integration has this name"
        f" (expected {KEYS.replace('pipelines', 'pipelines, process')})"
    ],
    "runnr: X": ["1:1: runnr: unknown key 'runnr' (did you mean 'runner'?)"],
    "qqq: 1": [f"1:1: qqq: unknown key 'qqq' (expected {KEYS})"],
    "false: 1": [f"1:1: false: unknown key 'false' (expected {KEYS})"],
    "pipelines: {p: P}\np: 3": ["2:4: p: the section of 'p' must be a mapping, got 3"],
    "pipelines: {p: P}\np: {config: [1]}": ["2:13: p.config: expected a mapping, got a list"],
    "config: x": ["1:9: config: expected a mapping, got 'x'"],
    "pipelines: {p: P}\np: {components: [x]}": [
        "2:17: p.components: expected a mapping of names to classes, got a list"
    ],
    "pipelines: {p: P}\np: {components: {c: 1}, c: {confg: {}}}": [
        "2:21: p.components.c: expected the name of a class, got 1",
        "2:29: p.c.confg: unknown key 'confg' (did you mean 'config'?)",
    ],
    "components: {c: C}\nc: {components: {x: Y}}": [
        "2:5: c.components: unknown key 'components' (expected config)"
    ],
    "orchestrator: x": [
        "1:15: orchestrator: the section of 'orchestrator' must be a mapping, got 'x'"
    ],
    "orchestrator: {config: 3, A: 4, B: {confg: 1}, C: , D: {config: 5}}": [
        "1:24: orchestrator.config: expected a mapping, got 3",
        "1:30: orchestrator.A: expected a mapping with a config, got 4",
        "1:37: orchestrator.B.confg: unknown key 'confg' (did you mean 'config'?)",
        "1:65: orchestrator.D.config: expected a mapping, got 5",
    ],
    "decorators: {orchestrator: [a]}": [
        "1:28: decorators.orchestrator: expected a string, got a list"
    ],
}


@pytest.mark.parametrize("text", SHAPES)
def test_what_is_wrong_with_the_shape(complaints: Complaints, text: str) -> None:
    assert complaints(text) == [f"0.yaml:{problem}" for problem in SHAPES[text]]


DURATION = "expected a duration such as 90, 10s, 5m or 1h30m"
TYPES = {
    "runner: 3": "1:9: runner: expected a string, got 3",
    "entrypoint: [a]": "1:13: entrypoint: expected a string, got a list",
    "modules: x": "1:10: modules: expected a list, got 'x'",
    "modules: [a, 2]": "1:14: modules.1: expected a string, got 2",
    "order: x": "1:8: order: expected 'program' or 'data', got 'x'",
    "granularity: 1": ("1:14: granularity: expected 'runner', 'pipeline' or 'component', got 1"),
    "extensions: {a: b}": "1:13: extensions: expected a list, got a mapping",
    "pipelines: [a]": "1:12: pipelines: expected a mapping, got a list",
    "components: {c: true}": "1:17: components.c: expected a string, got true",
    "decorators: x": "1:13: decorators: expected a mapping, got 'x'",
    "storage: 3": "1:10: storage: expected a string, got 3",
    "storage: {mode: 1}": "1:17: storage.mode: expected 'private' or 'group', got 1",
    "storage: {url: 3}": "1:16: storage.url: expected a string, got 3",
    "storage: {url: x, mod: group}": (
        "1:19: storage.mod: unknown key 'mod' (did you mean 'mode'?)"
    ),
    "steps: 3": "1:8: steps: expected a mapping, got 3",
    "steps: {a: }": "1:11: steps.a: expected a mapping, got nothing",
    'steps: {"*": {retries: true}}': "1:24: steps.*.retries: expected a whole number, got true",
    "steps: {train.fit: {retries: 1.5}}": (
        '1:30: steps."train.fit".retries: expected a whole number, got 1.5'
    ),
    "steps: {a: {retries: -1}}": (
        "1:22: steps.a.retries: input should be greater than or equal to 0, got -1"
    ),
    "steps: {a: {retry_delay: 10x}}": f"1:26: steps.a.retry_delay: {DURATION}, got '10x'",
    "steps: {a: {timeout: true}}": f"1:22: steps.a.timeout: {DURATION}, got true",
    "steps: {a: {timeout: [1]}}": "1:22: steps.a.timeout: expected a number, got a list",
    "steps: {a: {timeout: -1}}": (
        "1:22: steps.a.timeout: input should be greater than or equal to 0, got -1"
    ),
    "steps: {a: {timeout: .inf}}": (
        "1:22: steps.a.timeout: input should be a finite number, got inf"
    ),
    "steps: {a: {stateless: yes}}": "1:24: steps.a.stateless: expected true or false, got 'yes'",
    "steps: {a: {retry: 1}}": (
        "1:13: steps.a.retry: unknown key 'retry' (did you mean 'retries'?)"
    ),
    "steps: {1: {}}": "1:9: steps.1: expected a string as key",
    "deployment: x": "1:13: deployment: expected a mapping, got 'x'",
    "deployment: {nmae: x}": ("1:14: deployment.nmae: unknown key 'nmae' (did you mean 'name'?)"),
    "deployment: {name: 1}": "1:20: deployment.name: expected a string, got 1",
    "deployment: {project: 1}": "1:23: deployment.project: expected a string, got 1",
    "deployment: {parameters: [1]}": "1:26: deployment.parameters: expected a mapping, got a list",
    "deployment: {schedule: daily}": "1:24: deployment.schedule: expected a mapping, got 'daily'",
    "deployment: {schedule: {timezone: UTC}}": (
        "1:24: deployment.schedule.cron: a value is required"
    ),
    "deployment: {schedule: {cron: 5}}": "1:31: deployment.schedule.cron: expected a string, got 5",
    "deployment: {schedule: {cron: a, timezone: 5}}": (
        "1:44: deployment.schedule.timezone: expected a string, got 5"
    ),
    "deployment: {concurrency: 0}": (
        "1:27: deployment.concurrency: input should be greater than or equal to 1, got 0"
    ),
    "deployment: {overlap: no}": "1:23: deployment.overlap: expected 'skip' or 'queue', got 'no'",
    "package: {include: x}": "1:20: package.include: expected a list, got 'x'",
    "package: {exclude: [1]}": "1:21: package.exclude.0: expected a string, got 1",
    "package: {roots: x}": "1:18: package.roots: expected a list, got 'x'",
    "package: {requirements: [a]}": "1:25: package.requirements: expected a string, got a list",
    "package: {environment: docker}": (
        "1:24: package.environment: expected 'current' or 'venv', got 'docker'"
    ),
    "package: {allow_literals: 1}": "1:27: package.allow_literals: expected a list, got 1",
}


@pytest.mark.parametrize("text", TYPES)
def test_a_wrong_type_is_named_with_its_place(complaints: Complaints, text: str) -> None:
    assert complaints(text) == ["0.yaml:" + TYPES[text]]


def test_a_long_value_is_cut_in_messages(complaints: Complaints) -> None:
    assert complaints(f"order: {'x' * 200}") == [
        f"0.yaml:1:8: order: expected 'program' or 'data', got '{'x' * 79}…"
    ]


def test_all_problems_come_at_once_in_the_order_of_the_file(complaints: Complaints) -> None:
    text = "storage: 1\nconfig: {a: $b}\nfoo: {}\norder: x\npipelines: {p: P}\np: 3\n"
    assert [problem.split(":")[1] for problem in complaints(text)] == list("12346")


def test_every_key_takes_what_it_should(loaded: Loaded) -> None:
    text = """
    runner: R
    entrypoint: go
    modules: [m]
    order: data
    granularity: component
    extensions: [e]
    steps: {"*": {timeout: 1h30m}, train.fit: {retries: 2, retry_delay: 1.5s, stateless: true}}
    deployment:
      {name: n, project: p, parameters: {a: [1]}, schedule: {cron: "* * * * *"}, concurrency: 2,
       overlap: queue}
    package:
      {include: [a], exclude: [b], roots: [src], requirements: r.txt, environment: venv,
       allow_literals: [config.token]}
    storage: s3://x
    """
    settings, problems = settings_of(loaded(text))
    assert problems == []
    assert settings.steps["*"].timeout == 5400
    assert settings.steps["train.fit"].model_dump(exclude_none=True) == {
        "retries": 2,
        "retry_delay": 1.5,
        "stateless": True,
    }
    assert settings.deployment.schedule.timezone == "UTC"
    assert settings.package.model_dump() == {
        "include": ["a"],
        "exclude": ["b"],
        "roots": ["src"],
        "requirements": "r.txt",
        "environment": "venv",
        "allow_literals": ["config.token"],
    }


def test_null_is_the_default(loaded: Loaded) -> None:
    text = "\n".join(f"{key}: null" for key in Settings.model_fields)
    assert settings_of(loaded(text)) == (Settings(), [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10s", 10),
        ("250ms", 0.25),
        ("1h30m", 5400),
        ("1.5d", 129600),
        ("0s", 0),
        (7, 7),
        (1.5, 1.5),
    ],
)
def test_durations(text: object, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "-1s", "1 s", "1y", "٣s", "1s\n", "1h 30m", True])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=DURATION):
        seconds(text)


def test_a_duration_from_the_environment_may_be_a_number() -> None:
    text = {"steps": {"a": {"timeout": "90"}}}
    assert Settings.model_validate(text).steps["a"].timeout == 90


@pytest.mark.parametrize(
    ("name", "found"),
    [("runnr", "Runner"), ("RUNNER", "Runner"), ("config", None), (1, None), ("", None)],
)
def test_the_nearest_name(name: object, found: str | None) -> None:
    assert nearest(name, ["Runner", "steps"]) == found


def test_problems_are_sorted_and_each_is_said_once() -> None:
    problems = [
        Problem("last"),
        Problem("c", Place("b", 1, 1)),
        Problem("b", Place("a", 10, 1), "x.y", "do so"),
        Problem("a", Place("a", 2, 9)),
        Problem("a", Place("a", 2, 9)),
    ]
    error = ConfigError(problems)
    assert [problem.message for problem in error.problems] == ["a", "b", "c", "last"]
    assert error.message == (
        "4 problems in the configuration\n  a:2:9: a\n  a:10:1: x.y: b (do so)\n  b:1:1: c\n  last"
    )
    assert error.hint is None
    assert error.facts()["problems"][1] == {
        "file": "a",
        "line": 10,
        "column": 1,
        "path": "x.y",
        "message": "b",
        "hint": "do so",
    }


def test_one_problem_is_the_message_itself() -> None:
    error = ConfigError([Problem("wrong", Place("a", 1, 2), "x", "do so")])
    assert (error.message, error.hint, error.exit_code) == ("a:1:2: x: wrong", "do so", 2)
