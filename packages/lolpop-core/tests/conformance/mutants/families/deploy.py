"""Mutants that deploy otherwise than they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lolpop.contract import Deployment, DeploymentSpec, Package, Plan, Run
from lolpop.contract.options import DeployOptions, PlanOptions, RunOptions, StopOptions
from mutants.engine import Sound
from mutants.registry import breaks


@breaks("deploy.plan_writes_nothing", "the deployments after `plan`: expected []")
class TriesIt(Sound):
    """Deploys under another name to see whether it would work."""

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        self.index.put(replace(deployment, name=f"trial-of-{deployment.name}"), package.digest)
        return super().plan(package, deployment, options)


@breaks("deploy.returns_when_runnable", "a run started right after build: expected 'succeeded'")
class WakesUpSlowly(Sound):
    """Its engine doesn't run the first deployment at once."""

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        run = super().run(deployment_name, parameters, options)
        made = self.entry(deployment_name).updated_at
        young = datetime.now(UTC) - made < timedelta(seconds=3)
        if young and len(self.index.deployments()) == 1:
            self.stop(deployment_name, run.ref.run_id, StopOptions())
        return run


@breaks("deploy.twice_changes_nothing", "when it was last changed: expected datetime")
class PutsAgain(Sound):
    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        self.index.put(deployment, package.digest)
        return super().deploy(package, deployment, options)


@breaks("deploy.updates_in_place", "the steps that ran: expected ['make', 'change', 'finish anew']")
class KeepsTheFirst(Sound):
    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        if self.index.deployment(deployment.name) is None:
            return super().deploy(package, deployment, options)
        there = next(each for each in self.deployments() if each.name == deployment.name)
        return replace(there, deployment_digest=deployment.digest(package.digest))


@breaks("deploy.two_deployments_do_not_collide", "the steps of the one: expected ['make', ")
class HasOneSlot(Sound):
    """A run of one deployment ends those of the others."""

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        for entry in self.index.deployments():
            if entry.spec.name != deployment_name and self.active(entry.spec.name):
                self.stop(entry.spec.name, None, StopOptions())
        return super().run(deployment_name, parameters, options)


@breaks("deploy.a_broken_one_leaves_the_others_alone", "the broken deployment must still be listed")
class HidesBrokenOnes(Sound):
    def deployments(self) -> list[Deployment]:
        found = super().deployments()
        return [each for each in found if self.store.exists(f"packages/{each.package_digest}.zip")]


@breaks("deploy.odd_names_work_or_are_refused", "the name that came back: expected 'with.dots-")
class WritesNamesItsWay(Sound):
    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        return replace(spec, name=spec.name.replace(".", "-"))


@breaks("deploy.a_refused_one_leaves_nothing", "a refused deployment was made all the same")
class LetsTheEngineCheck(Sound):
    """Deploys a schedule to see whether the engine takes it."""

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        if deployment.schedule:
            self.index.put(deployment, package.digest)
        return super().plan(package, deployment, options)


@breaks("deploy.shows_its_schedule", "it: expected ['0 6 * * *', 'Europe/Paris']")
class ForgetsTheZone(Sound):
    def named(self, deployment: Deployment) -> Deployment:
        schedule = deployment.schedule and replace(deployment.schedule, timezone="UTC")
        return replace(super().named(deployment), schedule=schedule)


@breaks("deploy.starts_nothing_by_itself", "the runs after build: expected []")
class CatchesUp(Sound):
    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        made = super().deploy(package, deployment, options)
        if deployment.schedule and deployment.schedule.cron == "0 6 1 1 *":
            self.run(deployment.name, {}, RunOptions())
        return made
