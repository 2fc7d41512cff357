"""What differs between what is deployed and what would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lolpop.contract import Deployment, DeploymentSpec, Manifest, Package, to_json
from lolpop.deploying.engine import Engine
from lolpop.errors import LolpopError
from lolpop.package.archive import CONFIG, PROJECT
from lolpop.package.opening import read_manifest
from lolpop.storage import Store, deployed

_PARTS = {
    "schedule": ("schedule",),
    "settings": ("concurrency", "overlap", "steps"),
    "storage": ("storage",),
    "interpreter": ("interpreter",),
}
_MOST = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        part: What differs: files, configuration, steps, lock, parameters, schedule, settings…
        detail: How, in one line.
    """

    part: str
    detail: str


def differences(
    used: Engine, there: Deployment, package: Package, spec: DeploymentSpec
) -> Iterator[Change]:
    """Say what would be different from what is deployed.

    What isn't known, because the old package or its note is gone, is left out.
    """
    if there.package_digest != package.digest:
        yield from _packages(there, package)
    yield from _change("parameters", there.parameters, spec.parameters)
    old = _noted(used, there)
    for part, names in _PARTS.items() if old else ():
        before, after = (_part(each, names) for each in (old, spec))
        yield from _change(part, before, after)


def _packages(there: Deployment, package: Package) -> Iterator[Change]:
    try:
        old = read_manifest(Store(there.storage), there.package_digest)
    except LolpopError:
        yield Change("package", f"{there.package_digest[:12]}, which is gone")
        return
    new = package.manifest
    yield from _change("files", _files(old), _files(new), contents=False)
    yield from _change("configuration", _flat(old.config), _flat(new.config))
    yield from _change("steps", _steps(old), _steps(new), contents=False)
    yield from _change("lock", _lock(old), _lock(new))
    for part in ("runner", "entrypoint", "environment", "python", "platform"):
        before, after = (to_json(getattr(each, part)) for each in (old, new))
        if before != after:
            yield Change(part, f"{before} → {after}")


def _files(manifest: Manifest) -> dict[str, str]:
    prefix = f"{PROJECT}/"
    found = {file.path: f"{file.digest}{file.executable}" for file in manifest.files}
    found.pop(CONFIG, None)
    return {path.removeprefix(prefix): digest for path, digest in found.items()}


def _steps(manifest: Manifest) -> dict[str, Any]:
    return {step.name: to_json(step) for step in manifest.graph.steps}


def _lock(manifest: Manifest) -> dict[str, str]:
    return {each.name: each.version for each in manifest.lock}


def _noted(used: Engine, there: Deployment) -> DeploymentSpec | None:
    """Find what is deployed as it was asked for, which no engine says in full."""
    try:
        specs = [use.spec for use in deployed.noted(used.store) if use.spec]
    except LolpopError:
        return None
    wanted = there.deployment_digest
    return next((spec for spec in specs if spec.digest(there.package_digest) == wanted), None)


def _part(spec: DeploymentSpec | None, names: Iterable[str]) -> dict[str, Any]:
    return _flat({name: to_json(getattr(spec, name)) for name in names})


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Write nested mappings as one, by dotted paths."""
    if not isinstance(value, Mapping) or not value:
        return {path: value} if path and value not in ({}, None) else {}
    found: dict[str, Any] = {}
    for key, each in value.items():
        found |= _flat(each, f"{path}.{key}" if path else str(key))
    return found


def _change(
    part: str, before: Mapping[str, Any], after: Mapping[str, Any], contents: bool = True
) -> Iterator[Change]:
    """Compare two mappings; `contents` shows values, which are digests otherwise."""
    said = [
        *(f"+ {_entry(key, after[key], contents)}" for key in after if key not in before),
        *(f"- {key}" for key in before if key not in after),
        *(
            f"~ {key}: {before[key]!r} → {after[key]!r}" if contents else f"~ {key}"
            for key in after
            if key in before and before[key] != after[key]
        ),
    ]
    if said:
        more = f", and {len(said) - _MOST} more" if len(said) > _MOST else ""
        yield Change(part, ", ".join(said[:_MOST]) + more)


def _entry(key: str, value: Any, contents: bool) -> str:
    return f"{key}: {value!r}" if contents else key
