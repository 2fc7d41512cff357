"""What all mutants are made of: the embedded orchestrator under a name of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from lolpop import plugins
from lolpop.contract import Deployment, DeploymentSpec, Package, Plan, RunRef
from lolpop.contract.options import DeployOptions, PlanOptions, RemoveOptions
from lolpop.execution.processes import end, of_attempts
from lolpop.local import LocalOrchestrator
from lolpop.storage import Store
from lolpop.storage.records import Runs
from lolpop.testing import Harness
from lolpop.testing.project import Project

PROCESSES = Path(__file__).with_name("processes")


class Sound(LocalOrchestrator):
    """The embedded orchestrator under another name; a mutant does one thing otherwise.

    Attributes:
        wrong: The function in `processes` that its processes call when they start.
    """

    wrong: ClassVar[str] = ""

    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        """Give what is deployed in place of what was asked for."""
        return spec

    def plan(self, package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
        return super().plan(package, self.changed(deployment), options)

    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        return self.named(super().deploy(package, self.changed(deployment), options))

    def deployments(self) -> list[Deployment]:
        return [self.named(each) for each in super().deployments()]

    def named(self, deployment: Deployment) -> Deployment:
        """Name this orchestrator as the one that made a deployment."""
        return replace(deployment, orchestrator=type(self).__name__)

    def supervise(self, *arguments: Any) -> None:
        path = os.pathsep.join([str(PROCESSES), *filter(None, [os.environ.get("PYTHONPATH")])])
        wrong = {"LOLPOP_MUTANT": self.wrong, "PYTHONPATH": path} if self.wrong else {}
        with mock.patch.dict(os.environ, wrong):
            super().supervise(*arguments)


class LocalHarness(Harness):
    """What is known of an engine that has no service: its index and the records.

    Args:
        name: The orchestrator's name.
        folder: An empty folder.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.storage = str(folder / "storage")

    def units(self, ref: RunRef) -> list[str]:
        record = Runs(Store(self.storage)).find(ref)
        return [step.name for step in record.steps()] if record else []

    def leftovers(self, deployment: Deployment) -> list[str]:
        index = self.engine().index
        runs = [row.id for row in index.runs(deployment.name)]
        return runs + [deployment.name] * bool(index.deployment(deployment.name))

    def clean(self, projects: Iterable[Project]) -> None:
        """End and remove whatever is left, by the embedded orchestrator itself."""
        sound = LocalOrchestrator.create()
        sound.__dict__["storage"] = self.storage
        for deployment in sound.deployments():
            sound.remove(deployment.name, RemoveOptions())
        living = {pid for project in projects for pid in project.living()} - {os.getpid()}
        end(of_attempts([], living), grace=0.0)

    def engine(self) -> Any:
        """Make the orchestrator, as whoever works with its engine itself would."""
        plugin = plugins.find("orchestrator", self.name)
        assert plugin
        cls: Any = plugins.load(plugin)
        made = cls.create(self.config)
        made.__dict__["storage"] = self.storage
        return made
