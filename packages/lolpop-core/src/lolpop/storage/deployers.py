"""Which orchestrators have deployments that use a storage, so that they can be asked."""

from __future__ import annotations

from urllib.parse import unquote

from lolpop.storage.location import Store
from lolpop.storage.names import encoded, joined

_ROOT = "deployers"


def note(store: Store, orchestrator: str) -> None:
    """Note that an orchestrator has a deployment that uses the storage."""
    store.create(joined(_ROOT, encoded(orchestrator)), b"{}")


def noted(store: Store) -> list[str]:
    """Name the orchestrators that were noted."""
    return [unquote(name) for name in store.names(_ROOT)]
