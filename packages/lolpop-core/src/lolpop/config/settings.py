"""The core's own keys, typed: everything in a configuration that isn't an integration's."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from lolpop.contract.durations import Seconds


class _Section(BaseModel):
    """A section of the core's: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Count = Annotated[int, Field(ge=1, strict=True)]


class StepSection(_Section):
    """What holds for the steps whose names a glob of `steps` matches."""

    retries: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        None, description="how often a failed attempt is repeated"
    )
    retry_delay: Seconds | None = Field(None, description="how long to wait before a repetition")
    timeout: Seconds | None = Field(None, description="how long an attempt may take")
    stateless: StrictBool | None = Field(
        None, description="the attributes that the step's method writes are no state of others"
    )


def matches(glob: str, step: str) -> bool:
    """Whether a key of `steps` means a step; `fit[2]` means the step of that very name."""
    return glob == step or fnmatchcase(step, glob)


def merged(steps: Mapping[str, StepSection], step: str) -> StepSection:
    """Give what holds for a step: of several globs that match it the most literal wins."""
    values: dict[str, Any] = {}
    for glob in sorted(steps, key=lambda glob: (glob == step, len(glob.replace("*", "")))):
        if matches(glob, step):
            values |= steps[glob].model_dump(exclude_none=True)
    return StepSection(**values)


class ScheduleSection(_Section):
    """When a deployment runs by itself."""

    cron: StrictStr = Field(description="five fields: minute, hour, day, month, weekday")
    timezone: StrictStr = Field("UTC", description="a name such as Europe/Paris")


class DeploymentSection(_Section):
    """How the workflow is deployed."""

    name: StrictStr | None = Field(None, description="default: the runner's class in kebab case")
    project: StrictStr | None = Field(
        None, description="default: the name in pyproject.toml, else the folder's"
    )
    parameters: dict[StrictStr, Any] = Field({}, description="values for the entrypoint")
    schedule: ScheduleSection | None = Field(None, description="when it runs by itself")
    concurrency: Count | None = Field(None, description="how many runs at once; default: no limit")
    overlap: Literal["skip", "queue"] = Field(
        "skip", description="what becomes of a run beyond `concurrency`"
    )


class PackageSection(_Section):
    """What goes into a package."""

    include: list[StrictStr] = Field([], description="globs of files that go in all the same")
    exclude: list[StrictStr] = Field([], description="globs of files that stay out")
    roots: list[StrictStr] | None = Field(
        None, description="folders that imports start at; default: src if there is one, else ."
    )
    requirements: StrictStr | None = Field(None, description="a requirements file for the lock")
    environment: Literal["current", "venv"] = Field(
        "current", description="where steps run: the deployer's environment, or one from the lock"
    )
    allow_literals: list[StrictStr] = Field([], description="paths of values that are no secrets")


class Settings(_Section):
    """The top level of a configuration, without the sections of integrations."""

    runner: StrictStr | None = Field(None, description="the runner's class")
    entrypoint: StrictStr | None = Field(
        None, description="the runner's method; default: run, else the only public one"
    )
    modules: list[StrictStr] = Field([], description="project modules that hold the classes")
    order: Literal["program", "data"] = Field(
        "program", description="how steps follow each other: as written, or as their data allows"
    )
    granularity: Literal["runner", "pipeline", "component"] = Field(
        "pipeline", description="whose method calls become steps"
    )
    extensions: list[StrictStr] = Field([], description="lifecycle plugins by name")
    pipelines: dict[StrictStr, StrictStr] = Field({}, description="name: class")
    components: dict[StrictStr, StrictStr] = Field({}, description="name: class")
    decorators: dict[StrictStr, StrictStr] = Field({}, description="name: class, outermost first")
    steps: dict[StrictStr, StepSection] = Field({}, description="settings by glob of step names")
    deployment: DeploymentSection = Field(
        DeploymentSection(), description="how the workflow is deployed"
    )
    package: PackageSection = Field(PackageSection(), description="what goes into a package")
    storage: StrictStr = Field(".lolpop", description="a folder or an fsspec URL")
