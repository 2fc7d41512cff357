"""Mutants that make packages of their own, or run what they shouldn't."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lolpop.contract import (
    Deployment,
    DeploymentSpec,
    Package,
    Run,
    Workflow,
    canonical_json,
)
from lolpop.contract.options import DeployOptions, PackageOptions, RunOptions
from lolpop.package.archive import digest_of, key_of, write_zip
from lolpop.storage import Store
from mutants.engine import Sound
from mutants.registry import breaks

_made: dict[Path, Package] = {}


@breaks("package.is_deterministic", "other content must give another digest")
class PackagesOnce(Sound):
    def package(self, workflow: Workflow, options: PackageOptions) -> Package:
        folder = workflow.project_folder
        _made[folder] = _made.get(folder) or super().package(workflow, options)
        return _made[folder]


@breaks("package.knows_no_orchestrator", "the digest, and that of LocalOrchestrator: expected")
class SignsPackages(Sound):
    def package(self, workflow: Workflow, options: PackageOptions) -> Package:
        signed = (*workflow.overrides, "config.engine=mine")
        return super().package(replace(workflow, overrides=signed), options)


@breaks("package.is_verified_before_it_runs", "the code that was put into the package has run")
class TakesWhatIsThere(Sound):
    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        entry = self.entry(deployment_name)
        self.index.put(entry.spec, _signed(self.store, entry.package))
        return super().run(deployment_name, parameters, options)


def _signed(store: Store, digest: str) -> str:
    """Store a package anew under the digest of what it holds by now."""
    with zipfile.ZipFile(io.BytesIO(store.read(key_of(digest)))) as archive:
        read = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(read["manifest.json"])
    for file in manifest["files"]:
        file["digest"] = digest_of(read[file["path"]])
    read["manifest.json"] = canonical_json(manifest)
    target = io.BytesIO()
    write_zip(target, [(name, content, False) for name, content in read.items()])
    new = digest_of(read["manifest.json"])
    store.write(key_of(new), target.getvalue())
    return new


@breaks("package.holds_no_secret", "the secret stands in /")
class KeepsTheEnvironment(Sound):
    def deploy(
        self, package: Package, deployment: DeploymentSpec, options: DeployOptions
    ) -> Deployment:
        self.store.write("environment.json", json.dumps(dict(os.environ)).encode())
        return super().deploy(package, deployment, options)
