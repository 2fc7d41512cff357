"""A packaged workflow: what is in the zip, and where the zip is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lolpop.contract.graph import StepGraph
from lolpop.contract.serial import SCHEMA_VERSION
from lolpop.errors import ContractError


class Environment(Enum):
    """Which Python a deployment's steps run in."""

    CURRENT = "current"
    """The one that deploys."""

    VENV = "venv"
    """One that `deploy` makes from the package's lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One file of a package.

    Attributes:
        path: The path inside the package, with forward slashes, never absolute.
        size: The size in bytes.
        digest: The sha256 of the content, 64 hexadecimal digits.
        executable: Whether the file may be executed.
    """

    path: str
    size: int
    digest: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class LockedDistribution:
    """One distribution that the workflow needs, as it was installed when packaging.

    Attributes:
        name: The normalised name.
        version: The exact version.
        wheel: The path inside the package of its wheel, or None if an index has it.
    """

    name: str
    version: str
    wheel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a package holds. It knows no orchestrator; its sha256 is the package's digest.

    Attributes:
        schema_version: The version of this format; a higher one than ours can't be read.
        runner: The runner's class, as 'module:Class'.
        entrypoint: The public method of the runner that is run.
        parameters: The JSON schema (an object schema) of the entrypoint's parameters.
        graph: The steps.
        config: The workflow's configuration: overlays merged, references unresolved, without
            the orchestrator's parts.
        local_file: The path in the project of the file given with `-l`, or None without it.
        roots: The folders of the project that modules are imported from, in order.
        files: The project's files and the wheels, sorted by path.
        lock: The exact closure of what the project requires, sorted by name.
        environment: Which Python the steps run in.
        python: The Python that it was packaged with, as 'major.minor'.
        platform: The platform that it was packaged on, as `sysconfig.get_platform` says.
    """

    schema_version: int = SCHEMA_VERSION
    runner: str
    entrypoint: str
    parameters: Mapping[str, Any] = field(hash=False)
    graph: StepGraph
    config: Mapping[str, Any] = field(hash=False)
    local_file: str | None = None
    roots: tuple[str, ...] = (".",)
    files: tuple[PackageFile, ...]
    lock: tuple[LockedDistribution, ...] = ()
    environment: Environment = Environment.CURRENT
    python: str
    platform: str

    def __post_init__(self) -> None:
        if self.schema_version > SCHEMA_VERSION:
            raise ContractError(
                f"the package has schema version {self.schema_version}, "
                f"this lolpop-core reads up to {SCHEMA_VERSION}",
                hint="upgrade lolpop-core, or package again with this one",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that is stored.

    Attributes:
        digest: The sha256 of the canonical manifest, 64 hexadecimal digits.
        url: Where the zip is: an absolute fsspec URL.
        size: The size of the zip in bytes.
        manifest: What it holds.
        warnings: What the person should know, such as a very large file; one sentence each.
    """

    digest: str
    url: str
    size: int
    manifest: Manifest
    warnings: tuple[str, ...] = ()
