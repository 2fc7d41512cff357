"""The core's own keys, typed: everything in a configuration that isn't an integration's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictStr,
    Tag,
)

from lolpop.config.keys import Keys
from lolpop.contract.durations import Seconds


def _without_null(value: str) -> str:
    """Refuse the character that no name and no path can have."""
    if "\0" in value:
        raise ValueError("a null character can't stand here")
    return value


Name = Annotated[StrictStr, Field(min_length=1), AfterValidator(_without_null)]


def _whole(value: Any) -> Any:
    """Read a number that came as text, as the environment gives it."""
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value


Count = Annotated[int, Field(ge=1, strict=True), BeforeValidator(_whole)]


class StepSection(Keys):
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


class ScheduleSection(Keys):
    """When a deployment runs by itself."""

    cron: Name = Field(description="five fields: minute, hour, day, month, weekday")
    timezone: Name = Field("UTC", description="a name such as Europe/Paris")


class DeploymentSection(Keys):
    """How the workflow is deployed."""

    name: Name | None = Field(None, description="default: the runner's class in kebab case")
    project: Name | None = Field(
        None, description="default: the name in pyproject.toml, else the folder's"
    )
    parameters: dict[StrictStr, Any] = Field({}, description="values for the entrypoint")
    schedule: ScheduleSection | None = Field(None, description="when it runs by itself")
    concurrency: Count | None = Field(None, description="how many runs at once; default: no limit")
    overlap: Literal["skip", "queue"] = Field(
        "skip", description="what becomes of a run beyond `concurrency`"
    )


class PackageSection(Keys):
    """What goes into a package."""

    include: list[Name] = Field([], description="globs of files that go in all the same")
    exclude: list[Name] = Field([], description="globs of files that stay out")
    roots: list[Name] | None = Field(
        None, description="folders that imports start at; default: src if there is one, else ."
    )
    requirements: Name | None = Field(None, description="a requirements file for the lock")
    environment: Literal["current", "venv"] = Field(
        "current", description="where steps run: the deployer's environment, or one from the lock"
    )
    allow_literals: list[Name] = Field([], description="paths of values that are no secrets")


class StorageSection(Keys):
    """Where packages, outputs and records are, and who may use them."""

    url: Name = Field(".lolpop", description="a folder or an fsspec URL")
    mode: Literal["private", "group"] | None = Field(
        None, description="whose a folder is: its owner's, or its group's; default: as it is"
    )


def _tag(storage: Any) -> str:
    return "[section]" if isinstance(storage, (Mapping, StorageSection)) else "[url]"


_Storage = Annotated[Name, Tag("[url]")] | Annotated[StorageSection, Tag("[section]")]


class Settings(Keys):
    """The top level of a configuration, without the sections of integrations."""

    runner: Name | None = Field(None, description="the runner's class")
    entrypoint: Name | None = Field(
        None, description="the runner's method; default: run, else the only public one"
    )
    modules: list[Name] = Field([], description="project modules that hold the classes")
    order: Literal["program", "data"] = Field(
        "program", description="how steps follow each other: as written, or as their data allows"
    )
    granularity: Literal["runner", "pipeline", "component"] = Field(
        "pipeline", description="whose method calls become steps"
    )
    extensions: list[Name] = Field([], description="lifecycle plugins by name")
    pipelines: dict[StrictStr, Name] = Field({}, description="name: class")
    components: dict[StrictStr, Name] = Field({}, description="name: class")
    decorators: dict[StrictStr, Name] = Field({}, description="name: class, outermost first")
    steps: dict[StrictStr, StepSection] = Field({}, description="settings by glob of step names")
    deployment: DeploymentSection = Field(
        DeploymentSection(), description="how the workflow is deployed"
    )
    package: PackageSection = Field(PackageSection(), description="what goes into a package")
    storage: Annotated[_Storage, Discriminator(_tag)] = Field(
        ".lolpop", description="a folder or an fsspec URL; with `mode` in a mapping of both"
    )
