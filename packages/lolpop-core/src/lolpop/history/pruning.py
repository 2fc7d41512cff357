"""Delete what is old, and no package that a deployment still needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from lolpop.contract import Deployment
from lolpop.deploying.engine import engine
from lolpop.errors import LolpopError, listing
from lolpop.inprocess import Source
from lolpop.storage import Store, deployed, projects
from lolpop.storage.deployed import Use
from lolpop.storage.prune import Pruned, prune
from lolpop.storage.records import Runs


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was deleted, and why packages were kept if they were.

    Attributes:
        pruned: What was deleted, or would be.
        kept: Why no package was deleted; None if that isn't so.
        elsewhere: Deployments whose packages stay because their engine, which the
            configuration doesn't name, wasn't asked.
    """

    pruned: Pruned
    kept: str | None
    elsewhere: tuple[Use, ...] = ()


def tidy(source: Source, store: Store, older_than: timedelta, dry_run: bool) -> Tidied:
    """Delete what is older than that, over, and referred to by nothing.

    Every orchestrator that has used the storage is asked for its deployments. If one can't be
    asked, all packages stay: whether a deployment needs them isn't known. So do those that
    deployments of other servers were made of, until they are removed there.

    Args:
        source: Where the configuration comes from.
        store: The storage that it names.
        older_than: How old something must be.
        dry_run: Only tell what would be deleted.

    Raises:
        StorageError: The storage can't be reached.
    """
    names = _orchestrators(store)
    asked = _Asked(source)
    try:
        asked.every(names)
    except Exception as error:  # whatever a plugin, or its absence, raises
        kept = _reason(asked.name or "the orchestrator", error)
        return Tidied(prune(store, older_than, dry_run, None), kept)
    uses, damaged = deployed.read(store)  # last: who builds meanwhile has noted it before
    last, more = projects.every(store)
    if damaged := {**damaged, **more}:
        kept = (
            f"no package is deleted: these notes can't be read: {listing(damaged)}; build the"
            " deployments again that use this storage, then delete the notes"
        )
        return Tidied(prune(store, older_than, dry_run, None), kept)
    elsewhere = tuple(use for use in uses if (use.orchestrator, use.address) not in asked.engines)
    there = asked.uses.union(elsewhere)
    over = [use for use in uses if use not in there and not deployed.is_fresh(store, use)]
    needed = {use.package for use in there.union(uses).difference(over)}
    pruned = prune(store, older_than, dry_run, needed.union(last))
    for use in [] if dry_run else over:
        deployed.forget(store, use)
    return Tidied(pruned, None, elsewhere)


class _Asked:
    """What orchestrators answered, which deployments they have.

    Attributes:
        name: Who is being asked; empty for the configured one.
        engines: The orchestrators and addresses that have answered.
        uses: What they have.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = ""
        self.engines: set[tuple[str, str | None]] = set()
        self.uses: set[Use] = set()

    def every(self, names: Sequence[str]) -> None:
        """Ask the configured orchestrator, and those others."""
        configured = self._ask(None)
        for self.name in names:
            if self.name != configured:
                self._ask(self.name)

    def _ask(self, name: str | None) -> str:
        used = engine(self.source, name)
        found: list[Deployment] = used.lifecycle.call("deployments")
        self.uses.update(used.use(each.name, each.package_digest) for each in found)
        self.engines.add((used.name, used.lifecycle.orchestrator.address))
        return used.name


def _orchestrators(store: Store) -> list[str]:
    """Name the orchestrators that have used the storage."""
    uses, runs = deployed.noted(store), Runs(store).all()
    names = [*(use.orchestrator for use in uses), *(run.ref.orchestrator for run in runs)]
    return [*dict.fromkeys(names)]


def _reason(name: str, error: Exception) -> str:
    text = error.message if isinstance(error, LolpopError) else f"{type(error).__name__}: {error}"
    return f"no package is deleted: {name} can't be asked which ones its deployments need: {text}"
