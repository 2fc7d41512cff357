"""Mutants whose active runs notice that something is deployed."""

from __future__ import annotations

from lolpop.contract import Deployment, DeploymentSpec, Package
from lolpop.contract.options import DeployOptions, StopOptions
from lolpop.errors import UnsupportedError
from lolpop.package.opening import read_manifest
from mutants.engine import Sound
from mutants.registry import breaks


class Notices(Sound):
    """Does something about active runs first."""

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        there = self.index.deployment(deployment.name)
        if there and self.active(deployment.name):
            old = read_manifest(self.store, there.package).graph
            self.notice(deployment.name, package.manifest.graph.steps == old.steps)
        return super().deploy(package, deployment, options)

    def notice(self, name: str, same: bool) -> None:
        """Do it, knowing whether the steps are the same."""


@breaks(
    "redeploy.a_run_finishes_with_its_package", "it declares redeploy_during_runs, and refused: "
)
class RefusesOtherSteps(Notices):
    def notice(self, name: str, same: bool) -> None:
        if not same:
            raise UnsupportedError(f"{name!r} has active runs")


@breaks("redeploy.the_same_steps_may_be_deployed", "the run (None): expected 'succeeded', got 'can")
class StartsAnew(Notices):
    def notice(self, name: str, same: bool) -> None:
        if same:
            self.stop(name, None, StopOptions())
