"""What a deployment is to Dagster: one file, of which its job is built without anything else."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from lolpop.contract import DeploymentSpec, Package, StepGraph, canonical_json, from_json
from lolpop.errors import ContractError, LolpopError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.naming import job_of

NAME = "DagsterOrchestrator"
REPOSITORY = "__repository__"
"""What Dagster calls the only one of a location: its pages find a job by the location alone."""

SCHEMA_VERSION = 1
DEPLOYMENT, PROJECT = "lolpop/deployment", "lolpop/project"
PACKAGE, DIGEST, REVISION = "lolpop/package", "lolpop/digest", "lolpop/revision"
KEY = "lolpop/idempotency_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """One deployment. Its file never changes: it is replaced.

    Attributes:
        schema_version: The version of this format; a higher one than ours can't be read.
        package: The digest of the package.
        spec: What it is deployed as.
        python: The version of the interpreter, as 'major.minor'.
        graph: The steps, without how they are called.
        parameters: The JSON schema of the entrypoint's parameters.
        executor: The executor, as the config names it.
        executor_config: That executor's config.
        tags: Further tags.
        materialize_from: The bytes from which on outputs show as materializations.
    """

    schema_version: int = SCHEMA_VERSION
    package: str
    spec: DeploymentSpec
    python: str
    graph: StepGraph
    parameters: Mapping[str, Any] = field(hash=False)
    executor: str | None = None
    executor_config: Mapping[str, Any] = field(default_factory=dict, hash=False)
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    materialize_from: int = 0

    def __post_init__(self) -> None:
        if self.schema_version > SCHEMA_VERSION:
            raise ContractError(
                f"the deployment has schema version {self.schema_version}, this lolpop-dagster"
                f" reads up to {SCHEMA_VERSION}",
                hint="upgrade lolpop-dagster in the environment of the code location",
            )

    @property
    def job(self) -> str:
        """The name of the job."""
        return job_of(self.spec.name)

    @property
    def schedule(self) -> str:
        """The name of the job's schedule, if it has one."""
        return f"{self.job}_schedule"

    @property
    def digest(self) -> str:
        """The deployment digest."""
        return self.spec.digest(self.package)

    @property
    def version(self) -> tuple[int, int]:
        """The version of the interpreter."""
        major, minor = map(int, self.python.split("."))
        return major, minor


def made(package: Package, spec: DeploymentSpec, config: DagsterConfig) -> JobFile:
    """Say what a deployment has to be."""
    manifest = package.manifest
    # How steps are called, and what comes out in the end, is the step command's business.
    steps = tuple(replace(step, call={}) for step in manifest.graph.steps)
    return JobFile(
        package=package.digest,
        spec=spec,
        python=manifest.python,
        graph=replace(manifest.graph, steps=steps, collapses=(), result=None),
        parameters=manifest.parameters,
        executor=config.executor,
        executor_config=config.executor_config,
        tags=config.tags,
        materialize_from=config.materialize_from,
    )


def content_of(file: JobFile) -> bytes:
    """Give what stands in a file."""
    return canonical_json(file)


def parse(content: bytes) -> JobFile:
    """Read what stands in a file.

    Raises:
        ContractError: It isn't a deployment.
    """
    try:
        return from_json(JobFile, json.loads(content))
    except (ValueError, TypeError, KeyError) as error:
        raise ContractError(f"the file isn't a deployment: {error}") from error


def _parsed(content: bytes) -> JobFile | LolpopError:
    try:
        return parse(content)
    except LolpopError as error:
        return error


def revision_of(content: bytes) -> str:
    """Name exactly this file."""
    return sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class Folder:
    """The folder of the files.

    Attributes:
        path: Where it is.
    """

    path: Path

    def file_of(self, name: str) -> Path:
        """Give the path of a deployment's file."""
        return self.path / f"{job_of(name)}.json"

    def read(self, name: str) -> bytes | None:
        """Give a deployment's file, or None."""
        with suppress(FileNotFoundError):
            return self.file_of(name).read_bytes()
        return None

    def write(self, name: str, content: bytes) -> None:
        """Put a deployment's file in the place of the one that was there."""
        self.path.mkdir(parents=True, exist_ok=True)
        write(self.file_of(name), content)

    def delete(self, name: str) -> None:
        """Take a deployment's file away."""
        self.file_of(name).unlink(missing_ok=True)

    def every(self) -> Iterator[tuple[str, str, JobFile | LolpopError]]:
        """Yield each job's name, its file's revision, and the file or why it can't be read."""
        for path in sorted(self.path.glob("*.json")):
            with suppress(FileNotFoundError):  # removed just now
                content = path.read_bytes()
                yield path.stem, revision_of(content), _parsed(content)


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; whoever reads it sees the old one or the new one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
