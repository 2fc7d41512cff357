"""Mutants that don't mind whose a deployment is."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from lolpop.contract import DeploymentSpec
from lolpop.contract.options import DeployOptions, Options
from mutants.engine import Sound
from mutants.registry import breaks


class Taking(DeployOptions):
    """Takes over by default."""

    take_over: bool = True


@breaks(
    "ownership.another_projects_deployment_is_left_alone",
    "build must raise OwnershipError and name the owner: None",
)
class TakesOver(Sound):
    options: ClassVar[dict[str, type[Options]]] = {"build": Taking}


@breaks("ownership.it_can_be_taken_over", "the owner afterwards: expected 'somebody-else'")
class KeepsTheOwner(Sound):
    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        there = self.index.deployment(spec.name)
        return replace(spec, project=there.spec.project) if there else spec
