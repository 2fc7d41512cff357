"""Names: one in every form, and those that can't be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lolpop.errors import UsageError
from lolpop.scaffolding.naming import integration_name, orchestrator_name

WORDS = st.lists(st.from_regex(r"[a-z]{2,6}[0-9]?", fullmatch=True), min_size=1, max_size=4)


@pytest.mark.parametrize(
    "said",
    ["my-orch", "my_orch", "MyOrch", "My-Orch", "MyOrchOrchestrator", "lolpop-my-orch"],
)
def test_every_form_is_the_same_orchestrator(said: str) -> None:
    name = orchestrator_name(said)
    assert (name.kebab, name.snake, name.camel) == ("my-orch", "my_orch", "MyOrch")


@pytest.mark.parametrize(
    ("said", "kebab", "camel"),
    [
        ("slurm", "slurm", "Slurm"),
        ("AWSBatch", "aws-batch", "AwsBatch"),
        ("S3Loader", "s3-loader", "S3Loader"),
        ("K8S", "k8-s", "K8S"),
        ("v2-beta", "v2-beta", "V2Beta"),
        ("Orchestrator", "orchestrator", "Orchestrator"),
        ("X", "x", "X"),
    ],
)
def test_humps_and_digits(said: str, kebab: str, camel: str) -> None:
    name = orchestrator_name(said)
    assert (name.kebab, name.camel) == (kebab, camel)


@given(words=WORDS)
def test_a_name_is_read_back_from_each_of_its_forms(words: list[str]) -> None:
    name = orchestrator_name("-".join(["zz", *words]))
    assert name.kebab == "-".join(["zz", *words])
    assert {orchestrator_name(form) for form in (name.kebab, name.snake, name.camel)} == {name}


@pytest.mark.parametrize(
    "said", ["", "-x", "x-", "a--b", "1st", "ünï", "a b", "a.b", "../x", "x\n"]
)
def test_what_is_no_name_is_refused(said: str) -> None:
    with pytest.raises(UsageError) as caught:
        orchestrator_name(said)
    assert caught.value.message == f"{said!r} can't name an orchestrator"
    assert caught.value.hint == "write letters and digits, a letter first: 'my-name' or 'MyName'"


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("local", "LocalOrchestrator"),
        ("LocalOrchestrator", "LocalOrchestrator"),
        ("lolpop-prefect", "PrefectOrchestrator"),
        ("Airflow", "AirflowOrchestrator"),
    ],
)
def test_an_orchestrator_that_there_is_is_named(said: str, known: str) -> None:
    with pytest.raises(UsageError) as caught:
        orchestrator_name(said)
    message = f"{said!r} can't name a new orchestrator: there is {known!r} already"
    assert (caught.value.message, caught.value.hint) == (message, "choose another name")


@pytest.mark.parametrize(
    ("said", "kind", "problem"),
    [
        ("class", "component", "'class' is a word of Python"),
        ("Yield", "pipeline", "'yield' is a word of Python"),
        ("config", "component", "'config' has a meaning of its own in the configuration"),
        ("Steps", "pipeline", "'steps' has a meaning of its own in the configuration"),
        ("json", "component", "the installed module 'json' would be hidden"),
        ("Pydantic", "runner", "the installed module 'pydantic' would be hidden"),
    ],
)
def test_a_name_that_would_do_harm_is_refused(said: str, kind: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        integration_name(said, kind)
    assert caught.value.message == f"{said!r} can't name a {kind}: {problem}"
    assert caught.value.hint == "choose another name, such as 'data-loader'"
