"""What is asked of an engine with a package, and what the engine then has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Any

from lolpop.contract.runs import RunRef
from lolpop.contract.serial import canonical_json, from_json, to_json


class Overlap(Enum):
    """What happens to a run that would exceed the limit of active runs."""

    SKIP = "skip"
    """It ends at once as cancelled, with the reason."""

    QUEUE = "queue"
    """It waits until another run is over."""


class ScheduleState(Enum):
    """Whether a schedule starts runs."""

    ACTIVE = "active"
    """It does."""

    SUSPENDED = "suspended"
    """It doesn't since a `stop`; deploying again resumes it."""

    INACTIVE = "inactive"
    """It doesn't, because something that would fire it is missing."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When runs start by themselves. Times that were missed are never made up for.

    Attributes:
        cron: Five fields, as crontab has them.
        timezone: The IANA name of the zone that `cron` is read in.
    """

    cron: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class StepSettings:
    """How often and how long a step is tried.

    Attributes:
        retries: How many attempts may follow a failed first one; 0 for none.
        retry_delay: Seconds between the end of an attempt and the next.
        timeout: Seconds that each attempt may take, or None for no limit.
    """

    retries: int = 0
    retry_delay: float = 0.0
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec:
    """What a package is deployed as. The core makes it from the YAML.

    Attributes:
        name: The deployment's name, as the user wrote it; unique in the engine.
        project: The project that owns the deployment.
        parameters: Values for the entrypoint's parameters, JSON types, laid over the
            signature's defaults and beneath those of a run.
        schedule: When runs start by themselves, or None for never.
        concurrency: How many runs may be active at once, or None for no limit.
        overlap: What happens to a run beyond `concurrency`; without effect if that is None.
        storage: The absolute fsspec URL of packages, artifacts and records.
        interpreter: The absolute path of the Python that the step command is started with.
        steps: Settings by step name, globs resolved; a step that isn't here has none.
    """

    name: str
    project: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    schedule: Schedule | None = None
    concurrency: int | None = None
    overlap: Overlap = Overlap.SKIP
    storage: str
    interpreter: str
    steps: Mapping[str, StepSettings] = field(default_factory=dict, hash=False)

    def settings(self, step: str) -> StepSettings:
        """Give the settings of a step, those of `StepSettings()` if it has none."""
        return self.steps.get(step, StepSettings())

    def digest(self, package_digest: str) -> str:
        """Name exactly this deployment of exactly that package.

        Args:
            package_digest: The package's digest.

        Returns:
            The deployment digest: a sha256 of 64 hexadecimal digits. The order of keys in
            mappings doesn't change it; any other difference does.

        Raises:
            ContractError: A field isn't of its type.
        """
        # Reading checks the types and turns a time-out of 60 into 60.0: one form, one digest.
        spec = to_json(from_json(DeploymentSpec, to_json(self)))
        return sha256(canonical_json({"package": package_digest, "spec": spec})).hexdigest()

    def deployed(self, orchestrator: str, package_digest: str) -> Deployment:
        """Say what an engine has when exactly this is deployed; the plugin adds what it knows.

        Args:
            orchestrator: The orchestrator's name in the YAML.
            package_digest: The package's digest.
        """
        return Deployment(
            orchestrator=orchestrator,
            name=self.name,
            project=self.project,
            package_digest=package_digest,
            deployment_digest=self.digest(package_digest),
            storage=self.storage,
            parameters=self.parameters,
            schedule=self.schedule,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment as the engine has it.

    Attributes:
        orchestrator: The orchestrator's name in the YAML.
        name: The deployment's name, mapped back from the engine's alphabet.
        project: The project that owns it.
        package_digest: The digest of the package that its next run uses.
        deployment_digest: What `DeploymentSpec.digest` gave when it was deployed.
        storage: The storage URL that was deployed, which all its runs use.
        parameters: The values that it was deployed with, which those of a run are laid over.
        engine_id: The engine's own id of it, or None if the name is the id.
        url: Its page in the engine, or None if the engine has no pages.
        schedule: Its schedule, or None without one.
        schedule_state: Whether the schedule starts runs; None without a schedule.
        schedule_reason: Why the schedule isn't active and what to do; None if it is.
        problem: Why the engine can't run it, or None if it can.
        updated_at: When it was last changed, or None if the engine doesn't say.
    """

    orchestrator: str
    name: str
    project: str
    package_digest: str
    deployment_digest: str
    storage: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    engine_id: str | None = None
    url: str | None = None
    schedule: Schedule | None = None
    schedule_state: ScheduleState | None = None
    schedule_reason: str | None = None
    problem: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What `remove` took away.

    Attributes:
        deployment: The name of the deployment that is gone.
        ended: The runs that were active and had to be stopped.
        deleted: What was deleted in or for the engine, in the words that its users know,
            such as 'dag penguins' or a file's path.
    """

    deployment: str
    ended: tuple[RunRef, ...] = ()
    deleted: tuple[str, ...] = ()
