"""What holds for the contract values beyond their round trip."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from enum import Enum
from typing import Any

import pytest

from lolpop import contract
from lolpop.contract import (
    Capability,
    DeploymentSpec,
    Edge,
    Environment,
    Group,
    Manifest,
    Overlap,
    Plan,
    Refusal,
    RunState,
    Schedule,
    Step,
    StepGraph,
    StepSettings,
    StepState,
    Stopped,
)
from lolpop.errors import ContractError, NotFoundError

KINDS = [kind for name in contract.__all__ if is_dataclass(kind := getattr(contract, name))]
ENUMS = [
    kind
    for name in contract.__all__
    if isinstance(kind := getattr(contract, name), type) and issubclass(kind, Enum)
]
PACKAGE = "0" * 64
SPEC = DeploymentSpec(
    name="penguins",
    project="birds",
    parameters={"seed": 7, "rows": [1, 2]},
    schedule=Schedule("0 6 * * *", "Europe/Paris"),
    concurrency=1,
    storage="file:///srv/store",
    interpreter="/usr/bin/python3",
    steps={"train.fit": StepSettings(retries=2, timeout=60.0)},
)
OTHER: dict[str, Any] = {
    "name": "penguin",
    "project": "bird",
    "parameters": {"seed": 7.0, "rows": [1, 2]},
    "schedule": Schedule("0 6 * * *", "Europe/Rome"),
    "concurrency": None,
    "overlap": Overlap.QUEUE,
    "storage": "file:///srv/other",
    "interpreter": "/usr/bin/python3.12",
    "steps": {"train.fit": StepSettings(retries=2, timeout=61.0)},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_value_is_frozen_slotted_and_documented_field_by_field(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    documented = re.findall(r"^ {4}(\w+): \S", inspect.getdoc(kind) or "", re.MULTILINE)
    assert documented == [each.name for each in fields(kind)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_values_of_more_than_three_fields_take_keywords_only(kind: Any) -> None:
    keywords_only = all(each.kw_only for each in fields(kind))
    assert keywords_only or len(fields(kind)) <= 3


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_every_member_of_every_enum_has_its_docstring(kind: type[Enum]) -> None:
    members = re.findall(
        r'^    ([A-Z_]+) = "(\w+)"\n    """\S', inspect.getsource(kind), re.MULTILINE
    )
    assert members == [(member.name, member.name.lower()) for member in kind]
    assert [member.value for member in kind] == [value for _, value in members]


def test_values_can_be_hashed_copied_and_pickled() -> None:
    assert hash(SPEC) == hash(replace(SPEC))
    assert pickle.loads(pickle.dumps(SPEC)) == SPEC
    with pytest.raises(FrozenInstanceError):
        SPEC.name = "other"  # type: ignore[misc]


def test_capabilities_say_what_they_mean_at_run_time() -> None:
    assert Capability.OVERLAP_QUEUE.meaning == (
        "A run beyond the limit waits until another one is over."
    )
    assert all(member.meaning.endswith(".") for member in Capability)


def test_the_list_of_capabilities_is_closed() -> None:
    with pytest.raises(ValueError, match=r"^'teleport' is not a valid Capability$"):
        Capability("teleport")
    with pytest.raises(TypeError):

        class More(Capability):  # type: ignore[misc]
            TELEPORT = "teleport"


def test_the_deployment_digest_is_the_same_for_the_same_deployment() -> None:
    other_order = replace(SPEC, parameters={"rows": [1, 2], "seed": 7})
    whole_seconds = replace(SPEC, steps={"train.fit": StepSettings(retries=2, timeout=60)})
    digest = SPEC.digest(PACKAGE)
    assert digest == "734c3d14f81b7e220ce107f7f7c8d9ecad4a46f8a4995917780a8b2104ff119c"
    assert {other_order.digest(PACKAGE), whole_seconds.digest(PACKAGE)} == {digest}


def test_every_field_changes_the_deployment_digest() -> None:
    assert OTHER.keys() == {each.name for each in fields(DeploymentSpec)}
    digests = [replace(SPEC, **{name: value}).digest(PACKAGE) for name, value in OTHER.items()]
    digests += [SPEC.digest(PACKAGE), SPEC.digest("1" * 64)]
    assert len(set(digests)) == len(OTHER) + 2


def test_a_spec_with_an_ill_typed_field_has_no_digest() -> None:
    with pytest.raises(ContractError) as caught:
        replace(SPEC, concurrency="one").digest(PACKAGE)  # type: ignore[arg-type]
    assert str(caught.value) == ("DeploymentSpec.concurrency: expected a whole number, found 'one'")


def test_a_step_without_settings_is_tried_once_without_limit() -> None:
    assert SPEC.settings("train.fit").retries == 2
    assert SPEC.settings("train.score") == StepSettings(retries=0, retry_delay=0.0, timeout=None)


def test_a_step_names_each_input_once() -> None:
    edges = (Edge("a", (0,)), Edge("b"), Edge("a", (1,)))
    assert Step(name="c", after=("a", "b"), edges=edges).inputs == ("a", "b")


def test_a_graph_finds_its_steps() -> None:
    graph = StepGraph(steps=(Step(name="a"), Step(name="b")))
    assert graph.step("b") == Step(name="b")
    with pytest.raises(NotFoundError) as caught:
        graph.step("c")
    assert str(caught.value) == "there is no step 'c'; the workflow's steps are 'a', 'b'"


@pytest.mark.parametrize(
    ("steps", "groups", "message"),
    [
        ((Step(name="a"), Step(name="a")), (), "step 'a' stands twice in the graph"),
        (
            (Step(name="a", after=("b",)), Step(name="b")),
            (),
            "step 'a' starts after 'b', which isn't an earlier step",
        ),
        (
            (Step(name="a"), Step(name="b", edges=(Edge("a"),))),
            (),
            "step 'b' reads 'a' but doesn't start after it",
        ),
        (
            (Step(name="a", group=("x", "y")),),
            (Group(("x",)),),
            "step 'a' is in group 'x/y', which doesn't exist",
        ),
        ((), (Group(("x",)), Group(("x",))), "group 'x' stands twice in the graph"),
        ((), (Group(("x", "y")), Group(("x",))), "group 'x/y' stands before its parent"),
    ],
)
def test_a_graph_that_cannot_run_is_refused(
    steps: tuple[Step, ...], groups: tuple[Group, ...], message: str
) -> None:
    with pytest.raises(ContractError) as caught:
        StepGraph(steps=steps, groups=groups)
    assert str(caught.value) == message


def test_a_manifest_of_a_newer_format_is_refused() -> None:
    with pytest.raises(ContractError) as caught:
        Manifest(
            schema_version=2,
            runner="birds:PenguinRunner",
            entrypoint="run",
            parameters={},
            graph=StepGraph(steps=()),
            config={},
            files=(),
            environment=Environment.VENV,
            python="3.11",
            platform="linux-x86_64",
        )
    assert str(caught.value) == ("the package has schema version 2, this lolpop-core reads up to 1")
    assert caught.value.hint == "upgrade lolpop-core, or package again with this one"


def test_a_plan_is_true_exactly_if_nothing_is_refused() -> None:
    good = Plan(deployment="p", deployment_digest="d")
    bad = replace(good, refusals=(Refusal("no schedules", capability=Capability.SCHEDULES),))
    assert (bool(good), good.ok, bool(bad), bad.ok) == (True, True, False, False)


def test_what_was_stopped_is_true_exactly_if_nothing_is_left() -> None:
    assert Stopped(deployment="p")
    assert not Stopped(deployment="p", left=("run 7 on lab, process 4711",))


def test_states_know_whether_they_are_terminal() -> None:
    going = {state.value for state in RunState if not state.is_over}
    assert going == {"queued", "running", "stopping", "unknown"}
    going = {state.value for state in StepState if not state.is_over}
    assert going == {"pending", "running", "retrying"}


def test_the_contract_is_imported_without_pydantic() -> None:
    code = (
        "import sys, lolpop.contract, lolpop.hookspecs; "
        "print([name for name in ('pydantic', 'lolpop.contract.options') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
