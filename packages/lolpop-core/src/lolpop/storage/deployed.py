"""Which deployments need which packages, wherever their engines are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from lolpop.contract import DeploymentSpec, canonical_json, from_json
from lolpop.errors import ContractError, NotFoundError, StorageError
from lolpop.storage.location import Store
from lolpop.storage.names import joined

_ROOT = "deployed"
_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A package that a deployment was made of.

    Attributes:
        orchestrator: The orchestrator's name in the YAML.
        address: Where its engine is, or None for an engine that is in one place only.
        deployment: The deployment's name.
        package: The package's digest.
        spec: What it was deployed as; None where that isn't known. Two uses are equal without it.
        fires: Whether its schedule starts runs, as far as the deployer knows.
    """

    orchestrator: str
    address: str | None
    deployment: str
    package: str
    spec: DeploymentSpec | None = field(default=None, compare=False)
    fires: bool = field(default=False, compare=False)

    @property
    def key(self) -> str:
        """Where it is noted."""
        identity = (self.orchestrator, self.address, self.deployment, self.package)
        return joined(_ROOT, f"{sha256(canonical_json(identity)).hexdigest()}.json")

    @property
    def place(self) -> str:
        """The orchestrator, and where its engine is."""
        return f"{self.orchestrator} at {self.address}" if self.address else self.orchestrator

    def __str__(self) -> str:
        return f"{self.deployment!r} on {self.place}"


def note(store: Store, use: Use) -> None:
    """Note that a deployment needs a package; done before it is made, and anew each time."""
    store.write(use.key, canonical_json(use), durable=True)


def noted(store: Store) -> list[Use]:
    """Give what was noted and not forgotten.

    Raises:
        StorageError: A note can't be read, so that what a deployment needs isn't known.
    """
    return [*_noted(store)]


def _noted(store: Store) -> Iterator[Use]:
    for key in store.list(_ROOT):
        try:
            yield from_json(Use, json.loads(store.read(key)))
        except NotFoundError:  # forgotten just now
            continue
        except (ValueError, ContractError):
            raise StorageError(
                f"in the storage {store.shown!r} {key!r} can't be read, which says what a"
                " deployment needs",
                url=store.shown,
                hint="build the deployments again that use this storage, then delete it",
            ) from None


def forget(store: Store, use: Use) -> None:
    """Let a package go that a deployment doesn't need any more."""
    store.delete(use.key)


def is_fresh(store: Store, use: Use) -> bool:
    """Whether the deployment may be being made just now."""
    try:
        return store.age(use.key) < _DAY
    except NotFoundError:
        return False
