"""What must hold before an attempt is begun: nothing is recorded of one that is refused."""

from __future__ import annotations

import socket

from lolpop.contract import StepGraph
from lolpop.errors import NotFoundError, StorageError, UnsupportedError, listing, nearest
from lolpop.execution.request import Request
from lolpop.execution.session import Session, cache_of, open_session
from lolpop.package.opening import Opened, unpack
from lolpop.storage import Store
from lolpop.storage.records import Runs

_MOST = 10
"""How many steps a message lists."""


def admitted(request: Request) -> tuple[Session, Opened]:
    """Open the run and the package of an attempt that may be begun.

    Raises:
        StorageError: The storage can't be reached.
        NotFoundError: There is no such package, or no such step in it.
        PackageError: The package isn't for this interpreter or platform, or is damaged.
        UnsupportedError: The run is being stopped, so nothing is started in it any more.
    """
    store = Store(request.storage)
    _check_folder(store)
    known = Runs(store).find(request.ref)
    digest = known.package_digest if known else request.package
    opened = unpack(store, digest, cache_of(store) / "packages")
    _check_step(request.step, opened.manifest.graph, opened.digest)
    session = open_session(request)
    if session.run.stopping:
        raise UnsupportedError(f"run {request.ref.run_id!r} is being stopped: nothing is started")
    pinned = session.run.package_digest  # another step of the run may have been first just now
    return session, opened if pinned == digest else session.opened()


def _check_folder(store: Store) -> None:
    """Refuse a storage that isn't there, instead of making an empty one."""
    packages = store.local_path("packages")
    if packages is not None and not packages.parent.is_dir():
        raise StorageError(
            f"there is no folder {store.shown!r} on host {socket.gethostname()!r}",
            url=store.shown,
            hint="a folder as storage must be there on every host that runs steps",
        )


def _check_step(name: str, graph: StepGraph, digest: str) -> None:
    names = [step.name for step in graph.steps]
    if name in names:
        return
    likely = nearest(name, names)
    rest = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    raise NotFoundError(
        f"package {digest[:12]} has no step {name!r}",
        hint=f"did you mean {likely!r}?" if likely else f"it has {listing(names[:_MOST])}{rest}",
    )
