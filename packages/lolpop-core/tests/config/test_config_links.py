"""What `$` means: links, `$$`, and environment variables that are read late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lolpop.config.document import Document
from lolpop.config.env import EnvName, EnvRef
from lolpop.config.expressions import Link, parse
from lolpop.errors import ExpressionError, UnsetVariableError

Complaints = Callable[..., list[str]]
Values = Callable[..., Any]
BARE = "a bare '$' (write $$ for the character, $section.key for a link)"

LINKS = [
    ("{a: 1, b: $config.a}", 1),
    ("{a: {x: [1]}, b: $config.a}", {"x": [1]}),
    ("{a: [1, 2], b: $config.a}", [1, 2]),
    ("{a: [1, 2], b: $config.a.1}", 2),
    ("{a: 1, c: $config.a, b: $config.c}", 1),
    ("{a: {x: 1}, c: $config.a, b: $config.c.x}", 1),
    ("{a: {x.y: 1}, b: '$config.a.\"x.y\"'}", 1),
    ("{a: {1: x}, b: $config.a.1}", "x"),
    ("{a: {true: x}, b: $config.a.true}", "x"),
    ("{a: null, b: $config.a}", None),
    ("{b: [$config.c.0], c: [7]}", [7]),
    ("{'': 5, b: '$config.\"\"'}", 5),
    ("{b: $$config.c}", "$config.c"),
    ("{b: a$$b$$}", "a$b$"),
    ("{b: a$$$$b}", "a$$b"),
    ("{a: $$x, b: $config.a}", "$x"),
    ("{élan: {x: 1}, b: $config.élan.x}", 1),
]


@pytest.mark.parametrize(("config", "value"), LINKS)
def test_a_link_gives_the_value_that_it_names(values: Values, config: str, value: object) -> None:
    assert values(f"config: {config}")["config"]["b"] == value


def test_links_know_both_spellings_of_a_section(values: Values) -> None:
    text = (
        "pipeline: {p: P}\np: {component: {c: C}}\nconfig: {a: $pipeline.p, b: $p.component.c,"
        " c: $pipelines.p}"
    )
    assert values(text)["config"] == {"a": "P", "b": "C", "c": "P"}


def test_a_link_to_a_section_may_start_with_any_letter(values: Values) -> None:
    assert values("élan: {config: {a: 1}}\nconfig: {b: $élan.config.a}")["config"] == {"b": 1}


def test_links_see_what_overlays_and_set_say(values: Values) -> None:
    text = "config: {a: 1, b: $config.a, c: $config.d}"
    found = values(text, "config: {a: 2}", overrides=("config.d=3",))
    assert found["config"] == {"a": 2, "b": 2, "c": 3, "d": 3}


BROKEN = {
    "config: {path: 1, b: $config.pth}": (
        "1:22: config.b: '$config.pth' links to nothing: 'config' has no 'pth'"
        " (did you mean $config.path?)"
    ),
    "config: {a.b: 1, b: '$config.\"a.c\"'}": (
        "1:21: config.b: '$config.\"a.c\"' links to nothing: 'config' has no 'a.c'"
        ' (did you mean $config."a.b"?)'
    ),
    "config: {b: $cnfig.a}": (
        "1:13: config.b: '$cnfig.a' links to nothing: the configuration has no 'cnfig'"
        " (did you mean $config?)"
    ),
    "config: {a: 1, b: $config.a.c}": (
        "1:19: config.b: '$config.a.c' links to nothing: 'config.a' has no 'c'"
    ),
    "config: {a: [1], b: $config.a.1}": (
        "1:21: config.b: '$config.a.1' links to nothing: 'config.a' has no '1'"
    ),
    "config: {a: [1, 2], b: $config.a.\u0661}": (
        "1:24: config.b: '$config.a.\u0661' links to nothing: 'config.a' has no '\u0661'"
    ),
    "config: {modules: 1, b: $config.module}": (
        "1:25: config.b: '$config.module' links to nothing: 'config' has no 'module'"
        " (did you mean $config.modules?)"
    ),
    "config: {a: $config.a}": "1:13: config.a: links in a circle: config.a → config.a",
    "config: {a: $config}": "1:13: config.a: links in a circle: config.a → config.a",
    "config: {a: $config.a.b}": "1:13: config.a: links in a circle: config.a → config.a",
    "config: {a: $config.b, b: 1$}": f"1:27: config.b: {BARE}",
    "config: {a: $}": f"1:13: config.a: {BARE}",
    "config: {a: 5$}": f"1:13: config.a: {BARE}",
    "config: {a: x$y}": f"1:13: config.a: {BARE}",
    "config: {a: $5}": f"1:13: config.a: {BARE}",
    "config: {a: $$$}": f"1:13: config.a: {BARE}",
    "config: {a: $config.}": f"1:13: config.a: {BARE}",
    "config: {a: $b c}": f"1:13: config.a: {BARE}",
    "config: {a: '$b\n\n'}": f"1:13: config.a: {BARE}",
    "config: {a: '${X}'}": (
        "1:13: config.a: '${X}' means nothing (write ${env:NAME} or ${env:NAME:-default})"
    ),
    "config: {a: 'x ${env:1A} y'}": (
        "1:13: config.a: '${env:1A}' means nothing (write ${env:NAME} or ${env:NAME:-default})"
    ),
    "config: {a: '${env:A'}": (
        "1:13: config.a: '${env:A' means nothing (write ${env:NAME} or ${env:NAME:-default})"
    ),
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_dollar_that_means_nothing_is_an_error(complaints: Complaints, text: str) -> None:
    assert complaints(text) == ["0.yaml:" + BROKEN[text]]


def test_each_link_of_a_circle_is_shown(complaints: Complaints) -> None:
    assert complaints("config: {a: $config.b, b: $config.a}") == [
        "0.yaml:1:13: config.a: links in a circle: config.a → config.b → config.a",
        "0.yaml:1:27: config.b: links in a circle: config.b → config.a → config.b",
    ]


def test_what_is_wrong_is_said_once(complaints: Complaints) -> None:
    assert len(complaints("config: {a: $config.nope, b: $config.a.c, c: [$config.a]}")) == 1


def chain(form: str, length: int = 500) -> str:
    lines = [f"  k{i}: " + form.format(f"$config.k{i + 1}") for i in range(length)]
    return "\n".join(["config:", *lines, f"  k{length}: 1"])


@pytest.mark.parametrize("form", ["{}", "[{}]", "{{a: {}}}", "{}.x"])
def test_links_that_lead_too_deep_are_refused(complaints: Complaints, form: str) -> None:
    found = complaints(chain(form))
    assert len(found) == 1
    assert found[0].endswith("links lead more than 60 deep")


def test_links_that_multiply_are_refused_at_once(complaints: Complaints) -> None:
    lines = [f"  k{i + 1}: [{', '.join([f'$config.k{i}'] * 10)}]" for i in range(8)]
    found = complaints("\n".join(["config:", "  k0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", *lines]))
    assert len(found) == 1
    assert found[0].endswith("links make more than 100000 values")


def test_an_index_of_any_length_is_no_item(complaints: Complaints) -> None:
    key = "9" * 5000
    found = complaints(f"config: {{a: [1], b: $config.a.{key}}}")
    message = f"0.yaml:1:21: config.b: '$config.a.{key}' links to nothing: 'config.a' has no "
    assert found == [f"{message}{key!r}"]


REFERENCES = {
    "${env:A}": EnvRef((EnvName("A"),)),
    "${env:A:-}": EnvRef((EnvName("A", ""),)),
    "${env:A:-b $c}": EnvRef((EnvName("A", "b $c"),)),
    "x/${env:A}$$/${env:_B1}": EnvRef(("x/", EnvName("A"), "$/", EnvName("_B1"))),
}


@pytest.mark.parametrize("text", REFERENCES)
def test_a_variable_stays_unread(text: str) -> None:
    assert parse(text) == REFERENCES[text]
    assert str(parse(text)) == text


def test_the_variables_that_a_reference_needs() -> None:
    assert REFERENCES["x/${env:A}$$/${env:_B1}"].names == ("A", "_B1")


@pytest.mark.parametrize(
    ("text", "environ", "value"),
    [
        ("${env:A}", {"A": "1"}, "1"),
        ("${env:A}", {"A": ""}, ""),
        ("${env:A}", {"A": "${env:B}$c"}, "${env:B}$c"),
        ("${env:A:-x}", {}, "x"),
        ("${env:A:-x}", {"A": ""}, "x"),
        ("${env:A:-}", {}, ""),
        ("${env:A:-x}", {"A": "y"}, "y"),
        ("p/${env:A}$$/${env:B}", {"A": "1", "B": "2"}, "p/1$/2"),
    ],
)
def test_a_variable_is_read_when_asked(text: str, environ: dict[str, str], value: str) -> None:
    reference = parse(text)
    assert isinstance(reference, EnvRef)
    assert reference.read(environ) == value


def test_an_unset_variable_is_named() -> None:
    with pytest.raises(UnsetVariableError) as caught:
        EnvRef((EnvName("A"), EnvName("B"))).read({"A": "1"})
    assert caught.value.name == "B"
    assert caught.value.message == "environment variable 'B' isn't set"
    assert caught.value.hint == "set it, or give a default: ${env:B:-default}"


def test_a_reference_is_passed_on_by_links(
    loaded: Callable[..., Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hush")
    document = loaded("config: {a: 'x${env:TOKEN}', b: $config.a}")
    found = document.root.get("config")
    assert found is not None
    assert found.get("b").value == EnvRef(("x", EnvName("TOKEN")))
    assert "hush" not in repr(document)


STRUCTURAL = [
    ("runner: ${env:A}", 1, "runner"),
    ("entrypoint: x${env:A}", 1, "entrypoint"),
    ('modules: ["${env:A}"]', 11, "modules.0"),
    ("order: ${env:A:-data}", 1, "order"),
    ("granularity: ${env:A}", 1, "granularity"),
    ('extensions: ["${env:A}"]', 14, "extensions.0"),
    ('pipelines: {p: "${env:A}"}', 13, "pipelines.p"),
    ('components: {c: "${env:A}"}', 14, "components.c"),
    ('decorators: {orchestrator: "${env:A}"}', 14, "decorators.orchestrator"),
    ('steps: {"*": {retries: "${env:A}"}}', 15, "steps.*.retries"),
    ('package: {requirements: "${env:A}"}', 11, "package.requirements"),
]


@pytest.mark.parametrize(("text", "column", "path"), STRUCTURAL)
def test_structure_does_not_depend_on_the_environment(
    complaints: Complaints, text: str, column: int, path: str
) -> None:
    assert complaints(text) == [
        f"0.yaml:1:{column}: {path}: this is needed before the environment is read"
        f" (choose with --set {path}=… or a further -c file)"
    ]


def test_the_structure_of_a_pipeline_neither(complaints: Complaints) -> None:
    assert complaints("pipelines: {p: P}\np: {components: {c: '${env:A}'}}") == [
        "0.yaml:2:18: p.components.c: this is needed before the environment is read"
        " (choose with --set p.components.c=… or a further -c file)"
    ]


@pytest.mark.parametrize(
    "text",
    [
        'config: {a: "${env:A}"}',
        'storage: "${env:A}"',
        'deployment: {concurrency: "${env:A}", schedule: {cron: "${env:A}"}}',
        'orchestrator: {config: {a: "${env:A}"}}',
    ],
)
def test_values_may_wait_for_the_environment(complaints: Complaints, text: str) -> None:
    assert complaints(text) == []


@pytest.mark.parametrize("link", [Link(("a", "b.c")), Link(("a", 'x"\\')), Link(("a", ""))])
def test_a_link_reads_as_it_is_written(link: Link) -> None:
    assert parse(str(link)) == link


def test_an_expression_error_says_what_to_write() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("100 $")
    assert (caught.value.message, caught.value.hint) == (
        "a bare '$'",
        "write $$ for the character, $section.key for a link",
    )
