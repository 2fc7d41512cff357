"""Which deployments need which packages, wherever their engines are."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from lolpop.contract import DeploymentSpec, canonical_json
from lolpop.errors import NotFoundError
from lolpop.storage.journal import Journal
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
    """Give what was noted and not forgotten, as far as it can be read."""
    return read(store)[0]


def read(store: Store) -> tuple[list[Use], dict[str, str]]:
    """Give what was noted, and what is wrong with the notes that can't be read, by their keys.

    What their deployments need isn't known.
    """
    journal = Journal(store)
    keys = [joined(_ROOT, name) for name in store.names(_ROOT)]
    found = [use for key in keys if (use := journal.read(Use, key))]
    return found, journal.damaged


def forget(store: Store, use: Use) -> None:
    """Let a package go that a deployment doesn't need any more."""
    store.delete(use.key)


def is_fresh(store: Store, use: Use) -> bool:
    """Whether the deployment may be being made just now."""
    try:
        return abs(store.age(use.key)) < _DAY  # a clock may have been wrong, then or now
    except NotFoundError:
        return False
