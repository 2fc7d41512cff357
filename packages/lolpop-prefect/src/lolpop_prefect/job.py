"""What a run has to know of its deployment: in the engine a pointer, in the storage the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lolpop.contract import DeploymentSpec, Package, RunRef, canonical_json, from_json, to_json
from lolpop.errors import UsageError
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs

NAME = "PrefectOrchestrator"
VARIABLE = "LOLPOP_DEPLOYMENT"
PARAMETERS = "LOLPOP_PARAMETERS"
_LARGEST = 256 * 1024
"""Prefect takes parameters of 512 KiB, counted as ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one deployment digest stands for; it lies in the storage and never changes.

    Attributes:
        package: The digest of the package.
        spec: What it was deployed as.
    """

    package: str
    spec: DeploymentSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What the engine's deployment holds, as a variable of the run's environment.

    Attributes:
        storage: The absolute URL of the storage.
        digest: The deployment digest.
        decorate: What a step is told, if calls beneath it show as tasks; else None.
    """

    storage: str
    digest: str
    decorate: str | None = None

    @classmethod
    def read(cls) -> Pointer:
        """Read the pointer of this process's run.

        Raises:
            UsageError: This process isn't one of a deployment of ours.
        """
        if VARIABLE not in os.environ:
            raise UsageError(
                f"the variable {VARIABLE} isn't set: this flow runs as a deployment only",
                hint="`lolpop deployment build` deploys it, and sets the variable for its runs",
            )
        return from_json(cls, json.loads(os.environ[VARIABLE]))

    @property
    def variables(self) -> dict[str, str]:
        """The variables that a run's process gets."""
        return {VARIABLE: json.dumps(to_json(self), sort_keys=True)}

    def job(self, digest: str | None = None) -> Job:
        """Read what a deployment digest stands for, this one by default."""
        return from_json(Job, json.loads(Store(self.storage).read(_key(digest or self.digest))))

    def record(self, run_id: str, parameters: Mapping[str, Any]) -> RunRecord:
        """Open the record of a run, made now if there is none."""
        job = self.job()
        ref = RunRef(NAME, job.spec.name, run_id)
        return Runs(Store(self.storage)).open(ref, job.package, self.digest, parameters)


def keep_job(package: Package, spec: DeploymentSpec) -> None:
    """Store what a deployment digest stands for; nothing happens if it is there."""
    job = Job(package=package.digest, spec=spec)
    Store(spec.storage).create(_key(spec.digest(package.digest)), canonical_json(job))


def split(parameters: Mapping[str, Any], storage: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Put parameters that are too large for the engine into the storage.

    Returns:
        What the engine gets, and the variables that lead the run to the rest.
    """
    content = json.dumps(parameters, sort_keys=True).encode()
    if len(content) <= _LARGEST:
        return dict(parameters), {}
    key = f"prefect/parameters/{sha256(content).hexdigest()}.json"
    Store(storage).create(key, content)
    return {}, {PARAMETERS: key}


def joined(given: Mapping[str, Any], storage: str) -> dict[str, Any]:
    """Lay what was put into the storage over the parameters that the engine has."""
    key = os.environ.get(PARAMETERS)
    return {**given, **(json.loads(Store(storage).read(key)) if key else {})}


def _key(digest: str) -> str:
    return f"prefect/deployments/{digest}.json"
