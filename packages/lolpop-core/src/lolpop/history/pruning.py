"""Delete what is old, and no package that a deployment still needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from lolpop.contract import Deployment
from lolpop.deploying.engine import Engine, engine
from lolpop.errors import LolpopError, NotFoundError
from lolpop.inprocess import Source
from lolpop.storage import Store, deployers
from lolpop.storage.prune import Pruned, prune
from lolpop.storage.records import Runs


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was deleted, and why packages were kept if they were.

    Attributes:
        pruned: What was deleted, or would be.
        kept: Why no package was deleted; None if that isn't so.
    """

    pruned: Pruned
    kept: str | None


def tidy(source: Source, store: Store, older_than: timedelta, dry_run: bool) -> Tidied:
    """Delete what is older than that, over, and referred to by nothing.

    Every orchestrator that has used the storage is asked for its deployments. If one can't be
    asked, all packages stay: whether a deployment needs them isn't known.

    Args:
        source: Where the configuration comes from.
        store: The storage that it names.
        older_than: How old something must be.
        dry_run: Only tell what would be deleted.

    Raises:
        StorageError: The storage can't be reached, or a record can't be read.
    """
    deployed = set(_last_packages(store))
    asked = ""
    try:
        used = engine(source)
        deployed.update(_deployed(used))
        for asked in _others(store, used.name):
            deployed.update(_deployed(engine(source, asked)))
    except Exception as error:  # whatever a plugin, or its absence, raises
        kept = _reason(asked or "the orchestrator", error)
        return Tidied(prune(store, older_than, dry_run, None), kept)
    return Tidied(prune(store, older_than, dry_run, deployed), None)


def _deployed(used: Engine) -> Iterator[str]:
    found: list[Deployment] = used.lifecycle.call("deployments")
    return (each.package_digest for each in found)


def _others(store: Store, configured: str) -> list[str]:
    """Name the orchestrators that have used the storage, besides the configured one."""
    runs = Runs(store).all()
    names = [*deployers.noted(store), *(run.ref.orchestrator for run in runs)]
    return [name for name in dict.fromkeys(names) if name != configured]


def _last_packages(store: Store) -> Iterator[str]:
    """Give the package that `build` takes where no runner is named, for each project."""
    for key in store.list("projects"):
        try:
            yield str(json.loads(store.read(key)).get("digest"))
        except (NotFoundError, ValueError, AttributeError):
            continue


def _reason(name: str, error: Exception) -> str:
    text = error.message if isinstance(error, LolpopError) else f"{type(error).__name__}: {error}"
    return f"no package is deleted: {name} can't be asked which ones its deployments need: {text}"
