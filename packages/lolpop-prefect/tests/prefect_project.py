"""A project with one step, deployed to the Prefect of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lolpop.testing import Command

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import DeploymentResponse

SOURCE = """
import os, pathlib, sys, time
import lolpop


class Metrics(lolpop.Component):
    def score(self, value):
        print("scoring")
        return len(str(value))


class Train(lolpop.Pipeline):
    metrics: Metrics

    def fit(self, seed, witness):
        if witness:
            pathlib.Path(witness).write_text(str(os.getpid()))
            time.sleep(300)
        return self.metrics.score("x" * seed)


    def interpreter(self):
        return sys.prefix


class Birds(lolpop.Runner):
    train: Train

    def where(self):
        return self.train.interpreter()

    def build(self, seed: int = 7, witness: str | None = None):
        return self.train.fit(seed, witness)
"""


class Birds(Command):
    """The project, and the command line used on it."""

    def __init__(self, engine: Any, folder: Path) -> None:
        super().__init__(folder)
        self.engine = engine
        self.name = f"birds-{folder.name}"
        (folder / "birds.py").write_text(SOURCE)
        self.config = engine.config
        self.settings: dict[str, Any] = {"deployment": {"name": self.name, "project": "p"}}

    def configure(self, **config: Any) -> None:
        settings = {
            "modules": ["birds"],
            "runner": "Birds",
            "entrypoint": "build",
            "pipelines": {"train": "Train"},
            "components": {"metrics": "Metrics"},
            "decorators": {"orchestrator": "PrefectOrchestrator"},
            "orchestrator": {"config": {**self.config, **config}},
            **self.settings,
        }
        (self.folder / "lolpop.yaml").write_text(yaml.safe_dump(settings))

    def deploy(self, config: Any = None, **deployment: Any) -> None:
        """Deploy with keys of `deployment` besides those that it has."""
        self.settings["deployment"] |= deployment
        self.configure(**(config or {}))
        self.json("deployment", "build")

    def start(self, **parameters: Any) -> str:
        """Start a run, and give its id."""
        words = [f"--param={name}={value}" for name, value in parameters.items()]
        return str(self.json("deployment", "run", *words)["ref"]["run_id"])

    @contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        """Give Prefect's own client, which stands for its pages."""
        from prefect.client.orchestration import SyncPrefectClient

        auth = self.config["auth_string"]
        with SyncPrefectClient(self.engine.url, auth_string=auth) as client:
            yield client

    def there(self) -> DeploymentResponse:
        """Give the deployment as Prefect has it."""
        with self.client() as client:
            return client.read_deployment_by_name(f"{self.name}/{self.name}")

    def runs_there(self) -> list[FlowRun]:
        """Give the deployment's runs as Prefect has them."""
        from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

        ours = DeploymentFilter(id=DeploymentFilterId(any_=[self.there().id]))
        with self.client() as client:
            return client.read_flow_runs(deployment_filter=ours)
