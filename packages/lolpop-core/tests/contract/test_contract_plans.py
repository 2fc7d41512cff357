"""What plugins share: a deployment as it was asked for, and the plan to have it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lolpop.contract import Action, ActionKind, Deployment, DeploymentSpec, Plan, Schedule

SPEC = DeploymentSpec(
    name="penguins",
    project="birds",
    parameters={"seed": 7},
    schedule=Schedule("0 6 * * *"),
    storage="/srv/store",
    interpreter="/usr/bin/python3",
)
PACKAGE = "0" * 64
DEPLOYED = SPEC.deployed("MineOrchestrator", PACKAGE)


def test_a_deployment_is_what_was_asked_for() -> None:
    wanted = Deployment(
        orchestrator="MineOrchestrator",
        name="penguins",
        project="birds",
        package_digest=PACKAGE,
        deployment_digest=SPEC.digest(PACKAGE),
        storage="/srv/store",
        parameters={"seed": 7},
        schedule=Schedule("0 6 * * *"),
    )
    assert wanted == DEPLOYED


@pytest.mark.parametrize(
    ("there", "kinds"),
    [
        (None, [ActionKind.CREATE]),
        (SPEC.deployed("MineOrchestrator", "1" * 64), [ActionKind.UPDATE]),
        (DEPLOYED, []),
        (replace(DEPLOYED, url="https://engine/penguins"), []),
    ],
)
def test_the_plan_is_to_make_it_change_it_or_nothing(
    there: Deployment | None, kinds: list[ActionKind]
) -> None:
    plan = Plan.towards(DEPLOYED, there)
    assert (plan.deployment, plan.deployment_digest) == ("penguins", SPEC.digest(PACKAGE))
    assert plan.actions == tuple(Action(kind, "deployment penguins") for kind in kinds)
    assert plan.ok
