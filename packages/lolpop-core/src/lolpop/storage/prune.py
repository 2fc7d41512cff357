"""Delete what is old and what nothing refers to any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from lolpop.contract import RunRef
from lolpop.errors import NotFoundError, StorageError, listing
from lolpop.storage import artifacts, reports
from lolpop.storage.attempts import now
from lolpop.storage.folder import SCRATCH
from lolpop.storage.location import Store
from lolpop.storage.names import joined
from lolpop.storage.records import RunRecord, Runs

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was deleted, or would be.

    Attributes:
        runs: Runs that ended, or whose last attempt is gone.
        artifacts: Digests that no run refers to.
        packages: Digests that no run refers to and no deployment uses.
        leftovers: Files that were being written more than a day ago.
        size: Bytes in all.
    """

    runs: tuple[RunRef, ...]
    artifacts: tuple[str, ...]
    packages: tuple[str, ...]
    leftovers: tuple[str, ...] = ()
    size: int


def prune(
    store: Store,
    older_than: timedelta,
    dry_run: bool = False,
    deployed: Collection[str] | None = None,
) -> Pruned:
    """Delete what is older than that and unreferenced.

    Args:
        store: The storage.
        older_than: How old something must be.
        dry_run: Only tell what would be deleted.
        deployed: The packages that deployments use; None where that isn't known, and then
            packages are kept.

    Raises:
        StorageError: The storage can't be reached, or a record can't be read, so that what
            its run refers to isn't known.
    """
    runs = Runs(store)
    found = runs.all()
    old = _old(found, older_than)
    kept = [run for run in found if run not in old]
    used = _artifacts_of(store, kept)
    if runs.damaged:
        raise _unreadable(store, [*runs.damaged])
    sizes = store.sizes()
    age = max([older_than.total_seconds(), *_ages(kept)])
    packages = {run.package_digest for run in kept}.union(deployed or ())
    rest = [] if deployed is None else _unused(store, "packages", sizes, packages, age)
    content = _unused(store, "artifacts", sizes, used, age)
    leftovers = dict(_leftovers(store))
    keys = [*_keys(old, sizes), *content, *rest, *leftovers]
    for key in [] if dry_run else keys:
        store.delete(key)
    return Pruned(
        runs=tuple(run.ref for run in old),
        artifacts=tuple(map(_digest, content)),
        packages=tuple(map(_digest, rest)),
        leftovers=tuple(leftovers),
        size=sum({**sizes, **leftovers}[key] for key in keys),
    )


def _old(runs: Sequence[RunRecord], older_than: timedelta) -> list[RunRecord]:
    before = now() - older_than
    old = {run.ref: run for run in runs if (last := _last(run)) and last <= before}
    young = [run for run in runs if run.ref not in old]
    while young:  # a parent may have a parent
        ref = young.pop().parent_ref
        if ref and (parent := old.pop(ref, None)):
            young.append(parent)
    return [*old.values()]


def _last(run: RunRecord) -> datetime | None:
    """Give the time of the last thing that happened in a run; None while it goes on."""
    if ended := run.ended:
        return ended.at
    attempts = [attempt for step in run.steps() for attempt in step.attempts]
    if not all(attempt.state.is_over for attempt in attempts):
        return None
    return max([run.created_at, *(attempt.ended_at or now() for attempt in attempts)])


def _artifacts_of(store: Store, runs: Sequence[RunRecord]) -> set[str]:
    used: set[str] = set()
    for closing in (closing for run in runs for closing in run.closings()):
        found = [*closing.inputs.values(), *([closing.output.digest] if closing.output else [])]
        while found:
            if (digest := found.pop()) not in used:
                used.add(digest)
                found += _parts(store, digest)
    return used


def _parts(store: Store, digest: str) -> list[str]:
    try:
        return artifacts.parts(store, digest)
    except NotFoundError:
        return []


def _ages(runs: Sequence[RunRecord]) -> Iterator[float]:
    """Tell for how long attempts have been running: what they stored isn't recorded yet."""
    for attempt in (attempt for run in runs for attempt in run.every_attempt()):
        if attempt.is_alive:
            yield attempt.age


def _unused(
    store: Store, folder: str, sizes: Mapping[str, int], used: Collection[str], age: float
) -> list[str]:
    keys = (key for key in sizes if key.startswith(f"{folder}/") and _digest(key) not in used)
    return [key for key in keys if store.age(key) >= age]


def _keys(runs: Sequence[RunRecord], sizes: Mapping[str, int]) -> list[str]:
    """Give the keys of runs; the one that a run is found by goes last."""
    found = []
    for run in runs:
        start = run.key("run.json")
        rest = (key for key in sizes if key.startswith(run.key("")) and key != start)
        report = reports.key_of(run.ref)
        found.extend([*rest, *([report] if report in sizes else []), start])
    return found


def _leftovers(store: Store) -> Iterator[tuple[str, int]]:
    """Give what is old in the folder of files that are being written, with its sizes."""
    for name in store.names(SCRATCH):
        key = joined(SCRATCH, name)
        with suppress(NotFoundError):  # whoever writes it may be done just now
            size = store.size(key)
            if size is not None and store.age(key) >= _DAY:
                yield key, size


def _digest(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".zip")


def _unreadable(store: Store, keys: Sequence[str]) -> StorageError:
    return StorageError(
        f"nothing was deleted: in the storage {store.shown!r} these records can't be read:"
        f" {listing(keys)}",
        url=store.shown,
        hint="what their runs refer to isn't known; restore them from a copy, or delete them",
    )
