"""Whole commands with every key of the core's and wrong values: never a bug, always a place.

What is wrong is what the JSON schema says is wrong, which is made apart from the checks.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from itertools import product
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from lolpop.cli.app import run
from lolpop.config.annotations import model_in
from lolpop.config.settings import Settings, StepSection
from lolpop.describe import describe
from lolpop.errors import ConfigError
from lolpop.local import LocalOrchestrator
from lolpop.workflow.blueprint import DecorationSection

CODE = """
    import lolpop

    class Notifier(lolpop.Component):
        class Config(lolpop.Config):
            to: lolpop.Inherited[str] = "x"

    class Process(lolpop.Pipeline):
        notifier: Notifier
        def load(self, seed: int = 1):
            return seed

    class MyRunner(lolpop.Runner):
        process: Process
        def run(self, seed: int = 1):
            return self.process.load(seed)
        def other(self):
            return 1
"""
BASE: dict[str, Any] = {
    "runner": "MyRunner",
    "modules": ["flow"],
    "pipelines": {"process": "Process"},
    "components": {"notifier": "Notifier"},
    "process": {"config": {}, "components": {}},
    "deployment": {"name": "demo"},
}
VERBS = {
    "check": "config check",
    "graph": "graph",
    "run workflow": "run workflow",
    "package": "deployment package",
    "plan": "deployment plan",
    "build": "deployment build",
    "run": "deployment run nosuch",
    "status": "deployment status",
    "logs": "deployment logs",
    "stop": "deployment stop",
    "list": "deployment list",
    "remove": "deployment remove",
    "runs list": "runs list",
    "runs show": "runs show latest",
    "prune": "storage prune --dry-run",
    "hold": "check LocalOrchestrator --rule none",
}
VALUES = """
5|-1|3.7|true|text|''|[]|[x]|[5]|[null]|[[x]]|{}|{a: b}|{5: x}|{a: {b: {c: [1]}}}|null
${env:NOPE}|${env:SET}|a${env:NOPE}b|['${env:NOPE}']|{a: '${env:NOPE}'}
$config.x|$nope|$$|'$'|'${x}'
.nan|.inf|-.inf|1e999|99999999999999999999999|2020-01-01|2020-01-01T00:00:00Z|0x10|"\\0"|"a\\nb"
&a [1, *a]|&a {b: 1}|!!python/object:os.system x|{<<: {a: 1}}|../x|/nope|flow:MyRunner|':'|~nobody/x
{a: [b, {c: d}]}|[a:b]|{'': x}|{a.b: c}|{'*': {retries: x}}|{null: a}|{true: a}|{a: null}
{orchestrator: 5}|{orchestrator: [x]}|{orchestrator: '${env:NOPE}'}|{orchestrator: ''}|{run: x}
é|'*'|memory://x|[[[[[[]]]]]]|{'runner': {'runner': {}}}
"""
CHOICES = [value for line in VALUES.split("\n") for value in line.split("|") if value]
CHOICES += ["[" * 60 + "]" * 60, "x" * 300, f"'{'1' * 2000}'", "1" * 2000]


def keys_of(model: type[BaseModel], before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every key of a model, of those in it, and one of each list and mapping."""
    for name, field in model.model_fields.items():
        path = (*before, name)
        yield path
        if inner := model_in(field.annotation):
            yield from keys_of(inner, path)
        if "dict" in str(field.annotation):
            yield (*path, "x")
        if "list" in str(field.annotation):
            yield (*path, 0)


def every_key() -> Iterator[tuple[Any, ...]]:
    yield from keys_of(Settings)
    yield from keys_of(StepSection, ("steps", "*"))
    config = ("orchestrator", "config")
    yield from keys_of(DecorationSection, config)
    yield from keys_of(LocalOrchestrator.Config, config)
    for verb, model in LocalOrchestrator.options.items():
        yield (*config, verb)
        yield from keys_of(model, (*config, verb))
    further = (
        "config|config.k|process|process.config|process.config.to|process.components|notifier"
        "|process.components.c|process.notifier|notifier.config.to|decorators.orchestrator"
        "|orchestrator|orchestrator.config|orchestrator.LocalOrchestrator|deployment.parameters.seed"
        "|unknown|package.exclud|pipeline|component.c|decorator.timing|deployment.schedule.cronn"
    )
    yield from (tuple(path.split(".")) for path in further.split("|"))


KEYS = list(every_key())
STRIDE = 7
"""Of each key's values one of seven is tried, and others for the next key."""
SAMPLE = [
    (index, key, value)
    for index, (key, value) in enumerate(product(KEYS, CHOICES))
    if index % STRIDE == 0
]


@pytest.fixture(scope="module")
def validator() -> Any:
    schema, broken = describe()
    assert not broken
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Call a command in a project; give its exit code and what it said on standard error."""
    (tmp_path / "flow.py").write_text(dedent(CODE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SET", "value")
    monkeypatch.delenv("NOPE", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))

    def called(*words: str) -> tuple[int, str]:
        said = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            code = run([*words])
        return code, said.getvalue()

    yield called
    sys.modules.pop("flow", None)


def laid(key: tuple[Any, ...], value: str) -> str:
    """Write the project's configuration with one value in it."""
    tree = deepcopy(BASE)
    path, mark = (key[:-1], ["@@"]) if key[-1] == 0 else (key, "@@")
    at: Any = tree
    for part in path[:-1]:
        at[part] = at[part] if isinstance(at.get(part), dict) else {}
        at = at[part]
    at[path[-1]] = mark
    text: str = yaml.safe_dump(tree, sort_keys=False)
    return text.replace("'@@'", value)


def is_wrong(validator: Any, text: str) -> bool | None:
    """Whether the schema refuses a configuration; None where it isn't YAML of ours at all."""
    try:
        tree = json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return None
    return not validator.is_valid(tree)


def verb_for(index: int, key: tuple[Any, ...], wrong: bool | None) -> str:
    """Take the commands in turn; what may be right doesn't go to those that do something."""
    verbs = list(VERBS) if wrong else ["check", "plan", "list"]
    if key[0] == "orchestrator" and "LocalOrchestrator" in key:
        verbs = ["plan", "list", "status"]  # for who uses it; the others leave it alone
    if key == ("decorators", "orchestrator"):
        verbs = [verb for verb in verbs if verb != "hold"]  # which takes its argument instead
    return verbs[index // STRIDE % len(verbs)]


def test_every_key_with_wrong_values(call: Any, tmp_path: Path, validator: Any) -> None:
    faults: list[str] = []
    refused = 0
    for index, key, value in SAMPLE:
        text = laid(key, value)
        (tmp_path / "lolpop.yaml").write_text(text)
        wrong = is_wrong(validator, text)
        verb = verb_for(index, key, wrong)
        code, said = call(*VERBS[verb].split())
        refused += bool(wrong)
        may = (0, 2, 3, 4) if key[0] == "storage" else (0, 2, 3)  # there may be no such storage
        fault = (code != 2 or "lolpop.yaml:" not in said) if wrong else code not in may
        if fault or code == 70 or "Traceback" in said or "a bug in lolpop" in said:
            faults.append(f"{verb}: {key} = {value}: {code}: {said[-200:]}")
    assert not faults, "\n".join(faults)
    assert refused > len(SAMPLE) // 3
    assert len(CHOICES) % STRIDE


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("package.exclud=[x]", "package.exclud: unknown key 'exclud'"),
        ("package=x", "package: expected a mapping, got 'x'"),
        ("entrypoint=5", "entrypoint: expected a string, got 5"),
        ("extensions=true", "extensions: expected a list, got true"),
        ("modules=5", "modules: expected a list, got 5"),
        ("decorators=5", "decorators: expected a mapping, got 5"),
        ("storage=''", "storage: expected a string that isn't empty, got ''"),
        ("deployment=${env:NOPE}", "deployment: expected a mapping, got ${env:NOPE}"),
        ("orchestrator.config.decorator_method=[]", "expected a string, got a list"),
        ("orchestrator=5", "the section of 'orchestrator' must be a mapping, got 5"),
        ("steps={'*': {retries: x}}", "expected a whole number, got 'x'"),
        (
            "decorators={timing: '${env:ORCH}'}",
            "decorators.timing: this is needed before the environment is read",
        ),
    ],
)
def test_one_wrong_value_is_what_every_command_says(
    call: Any, tmp_path: Path, verb: str, override: str, said: str
) -> None:
    (tmp_path / "lolpop.yaml").write_text(yaml.safe_dump({**BASE, "package": {"include": []}}))
    if verb == "hold":  # it takes no --set
        key, _, value = override.partition("=")
        section, _, rest = key.partition(".")
        tree = yaml.safe_load((tmp_path / "lolpop.yaml").read_text())
        text = yaml.safe_dump({name: part for name, part in tree.items() if name != section})
        inner = f"{{{rest.replace('.', ': {')}: {value}{'}' * (rest.count('.') + 1)}"
        (tmp_path / "lolpop.yaml").write_text(f"{text}{section}: {inner if rest else value}\n")
        code, found = call(*VERBS[verb].split())
    else:
        code, found = call(*VERBS[verb].split(), "--set", override)
    place = "lolpop.yaml:" if verb == "hold" else "--set:1:"
    assert code == 2
    assert found.startswith(f"error: {place}")
    assert said in found.partition("\n")[0]


def test_what_is_wrong_cannot_be_read() -> None:
    from lolpop.config.nodes import Node
    from lolpop.config.validation import validate
    from lolpop.errors import Place

    place = Place("x.yaml", 1, 1)

    def node(value: Any) -> Node:
        return Node(value, place, Path())

    package = node({"exclude": node(5), "include": node([node("a")])})
    settings, problems = validate(Settings, {"package": package, "order": node("data")}, place, "")
    assert settings.order == "data"
    assert settings.package.include == ["a"]
    assert settings.runner is None
    with pytest.raises(ConfigError) as caught:
        _ = settings.package.exclude
    assert caught.value.problems == tuple(problems)
    assert caught.value.message == "x.yaml:1:1: package.exclude: expected a list, got 5"
