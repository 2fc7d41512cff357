"""What attempts of one run share: the store, the run's record, the opened package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lolpop.execution.request import Request
from lolpop.package.caches import cache_folder
from lolpop.package.opening import Opened, unpack
from lolpop.storage import Store
from lolpop.storage.access import may_write
from lolpop.storage.folder import Folder
from lolpop.storage.names import joined
from lolpop.storage.records import RunRecord, Runs

_ROOMS = ("packages", "work")


@dataclass(frozen=True, slots=True)
class Session:
    """A run that this process takes part in.

    Attributes:
        store: Where everything is kept.
        run: The run's record; it pins the package.
    """

    store: Store
    run: RunRecord

    def opened(self) -> Opened:
        """Unpack the pinned package, once on this machine."""
        return unpack(self.store, self.run.package_digest, cache_of(self.store) / "packages")

    @property
    def room(self) -> Path:
        """The folder that working folders are made in."""
        return cache_of(self.store) / "work"


def open_session(request: Request) -> Session:
    """Open the storage and the run's record; the first step of a run makes it.

    Raises:
        StorageError: The storage can't be reached; host and URL are named.
    """
    store = Store(request.storage)
    run = Runs(store).open(
        request.ref,
        request.package,
        parameters=request.parameters,
        parent_run_id=request.parent_run,
    )
    return Session(store, run)


def cache_of(store: Store) -> Path:
    """Give the folder for what can be made again: in the storage if that is a folder.

    Who may only read the storage gets the user's own. Either has `packages` and `work` in it.
    """
    place = store.local_path("cache")
    if place is not None and may_write(place.parent):
        for name in _ROOMS:
            store.local_folder(joined("cache", name))
        return place
    place = cache_folder(store)
    for name in _ROOMS:
        Folder(place).make(place / name)
    return place
