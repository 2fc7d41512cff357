"""What a deployment is to Dagster: one file, of which its job is built without anything else."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from lolpop.contract import DeploymentSpec, Package, StepGraph, canonical_json, from_json
from lolpop.errors import ContractError, EngineError, LolpopError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.naming import is_job, job_of

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


def made(package: Package, spec: DeploymentSpec, config: DagsterConfig) -> JobFile:
    """Say what a deployment has to be."""
    manifest = package.manifest
    # How steps are called, and what comes out in the end, is the step command's business.
    steps = tuple(replace(step, call={}) for step in manifest.graph.steps)
    return JobFile(
        package=package.digest,
        spec=spec,
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
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ContractError(f"the file isn't a deployment: {error}") from error


def parse_as(job: str, content: bytes) -> JobFile:
    """Read what stands in the file of a job.

    Raises:
        ContractError: It isn't a deployment, or another one.
    """
    file = parse(content)
    if file.job != job:
        raise ContractError(
            f"the file holds deployment {file.spec.name!r}, whose file is '{file.job}.json'"
        )
    return file


def revision_of(content: bytes) -> str:
    """Name exactly this file."""
    return sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class Entry:
    """What stands in the folder under a job's name.

    Attributes:
        job: The name.
        content: The file's content; empty if it can't be read.
        file: The deployment, or why there is none.
    """

    job: str
    content: bytes
    file: JobFile | LolpopError

    @classmethod
    def of(cls, path: Path) -> Entry | None:
        """Read a file; None if it has just been removed."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            return cls(path.stem, b"", ContractError(f"the file can't be read: {error}"))
        return cls(path.stem, content, _parsed(path.stem, content))

    @property
    def revision(self) -> str:
        """The file's revision."""
        return revision_of(self.content)


def _parsed(job: str, content: bytes) -> JobFile | LolpopError:
    try:
        return parse_as(job, content)
    except LolpopError as error:
        return error


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
        """Give a deployment's file, or None.

        Raises:
            EngineError: It can't be read.
        """
        path = self.file_of(name)
        with _said("read", path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Put a deployment's file in the place of the one that was there.

        Raises:
            EngineError: It can't be written.
        """
        path = self.file_of(name)
        with _said("write", path):
            self.path.mkdir(parents=True, exist_ok=True)
            write(path, content)

    def delete(self, name: str) -> None:
        """Take a deployment's file away.

        Raises:
            EngineError: It can't be deleted.
        """
        path = self.file_of(name)
        with _said("delete", path):
            path.unlink(missing_ok=True)

    def every(self) -> Iterator[Entry]:
        """Yield what stands under the names of jobs, and nothing of what else lies there."""
        for path in sorted(self.path.glob("*.json")):
            if is_job(path.stem) and (entry := Entry.of(path)):
                yield entry


@contextmanager
def _said(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            f"can't {what} {str(path)!r}: {error.strerror or error}",
            hint="lolpop reads and writes that folder: see whose it is, and its mode",
        ) from error


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
