"""The smallest orchestrator: a deployment is a JSON file, a run a process on this host."""

import json
from collections.abc import Mapping
from typing import Any

import lolpop
from lolpop import contract as c
from lolpop.detached import Detached
from lolpop.storage.names import encoded

NAME = "MinimalOrchestrator"


class MinimalOrchestrator(lolpop.Orchestrator):
    """Runs workflows on this host, one step after the other."""

    class Config(lolpop.Config):
        """There is nothing to configure, and any key is refused."""

    capabilities = frozenset({c.Capability.DEPLOYMENTS, c.Capability.REDEPLOY_DURING_RUNS})

    @property
    def engine(self) -> Detached:
        return Detached(NAME, self.storage)

    def read(self, file: str) -> Any:
        return json.loads(self.engine.store.read(f"minimal/{file}"))

    def plan(self, package: c.Package, deployment: c.DeploymentSpec) -> c.Plan:
        there = {each.name: each for each in self.deployments()}
        wanted = deployment.deployed(NAME, package.digest)
        return c.Plan.towards(wanted, there.get(wanted.name))

    def deploy(self, package: c.Package, deployment: c.DeploymentSpec) -> c.Deployment:
        made = deployment.deployed(NAME, package.digest)
        if self.plan(package, deployment).actions:
            content = {**c.to_json(deployment), **c.to_json(made)}
            self.engine.store.write(f"minimal/{encoded(made.name)}", json.dumps(content).encode())
        return made

    def deployments(self) -> list[c.Deployment]:
        found = [self.read(file) for file in self.engine.store.names("minimal")]
        return [c.from_json(c.Deployment, each) for each in sorted(found, key=lambda f: f["name"])]

    def run(
        self, deployment_name: str, parameters: Mapping[str, Any], options: c.RunOptions
    ) -> c.Run:
        found = self.read(encoded(deployment_name))
        spec, package = c.from_json(c.DeploymentSpec, found), found["package_digest"]
        return self.engine.start(spec, package, parameters, options.idempotency_key)

    def status(self, ref: c.RunRef) -> c.RunStatus:
        return self.engine.status(ref)

    def runs(self, deployment_name: str, active: bool) -> list[c.Run]:
        self.read(encoded(deployment_name))  # one that isn't there is not found
        return self.engine.runs(deployment_name, active)

    def stop(self, deployment_name: str, run_id: str | None, options: c.StopOptions) -> c.Stopped:
        self.read(encoded(deployment_name))
        return self.engine.stop(deployment_name, run_id, options.timeout)

    def remove(self, deployment_name: str, options: c.RemoveOptions) -> c.Removed:
        stopped = self.stop_all(deployment_name, options)
        self.engine.store.delete(f"minimal/{encoded(deployment_name)}")
        return c.Removed(deployment=deployment_name, ended=stopped.ended)
