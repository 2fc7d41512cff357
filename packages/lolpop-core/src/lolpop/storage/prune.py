"""Delete what is old and what nothing refers to any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lolpop.contract import RunRef
from lolpop.errors import DamagedError, NotFoundError
from lolpop.storage import artifacts, reports, sequence
from lolpop.storage.attempts import now
from lolpop.storage.container import key_of
from lolpop.storage.folder import SCRATCH
from lolpop.storage.location import Store
from lolpop.storage.names import joined
from lolpop.storage.records import ROOT, RunRecord, Runs

_FOLDERS = (ROOT, "reports", "packages", "artifacts", sequence.ROOT)
_DAY = 86400.0
_SKEW = timedelta(days=1)
"""By how much the clocks of hosts may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was deleted, or would be.

    Attributes:
        runs: Runs that ended, or whose last attempt is gone.
        artifacts: Digests that no run refers to.
        packages: Digests that no run refers to and no deployment uses.
        leftovers: Files that were being written more than a day ago.
        size: Bytes in all.
        damaged: What can't be read, by its key: what it refers to isn't known, so that all
            artifacts and packages were kept.
    """

    runs: tuple[RunRef, ...]
    artifacts: tuple[str, ...]
    packages: tuple[str, ...]
    leftovers: tuple[str, ...] = ()
    size: int
    damaged: Mapping[str, str] = field(default_factory=dict)


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
        StorageError: The storage can't be reached.
    """
    runs = Runs(store)
    found = runs.all()
    old = _old(found, older_than)
    kept = [run for run in found if run not in old]
    used, damaged = _artifacts_of(store, kept)
    damaged |= runs.damaged
    sizes = {key: size for name in _FOLDERS for key, size in store.sizes(name).items()}
    age = max([older_than.total_seconds(), *_ages(kept)])
    packages = {run.package_digest for run in kept}.union(deployed or ())
    unknown = bool(damaged) or deployed is None
    rest = _unused(store, "packages", sizes, None if unknown else packages, age)
    content = _unused(store, "artifacts", sizes, None if damaged else used, age)
    counted = _unused(store, sequence.ROOT, sizes, None if kept or damaged else (), age)
    leftovers = dict(_leftovers(store))
    keys = [*_keys(old, sizes), *content, *rest, *counted, *leftovers]
    for key in [] if dry_run else keys:
        store.delete(key)
    return Pruned(
        runs=tuple(run.ref for run in old),
        artifacts=tuple(map(_digest, content)),
        packages=tuple(map(_digest, rest)),
        leftovers=tuple(leftovers),
        size=sum({**sizes, **leftovers}[key] for key in keys),
        damaged=damaged,
    )


def _old(runs: Sequence[RunRecord], older_than: timedelta) -> list[RunRecord]:
    before = now() - older_than
    old = {run.ref: run for run, last in _lasts(runs) if last and last <= before}
    young = [run for run in runs if run.ref not in old]
    while young:  # a parent may have a parent
        ref = young.pop().parent_ref
        if ref and (parent := old.pop(ref, None)):
            young.append(parent)
    return [*old.values()]


def _lasts(runs: Sequence[RunRecord]) -> Iterator[tuple[RunRecord, datetime | None]]:
    """Tell when the last thing happened in each run; None while it goes on, or isn't known.

    A run began after those that are numbered before it, whatever the clock said then.
    """
    begun = datetime.min.replace(tzinfo=UTC)
    for run in runs:
        begun = max([begun, *_believable([run.created_at])])
        last = _last(run)
        yield run, last and max(last, begun)


def _last(run: RunRecord) -> datetime | None:
    attempts = [attempt for step in run.steps() for attempt in step.attempts]
    if run.end_damage or not all(attempt.state.is_over for attempt in attempts):
        return None
    times = [run.created_at, *run.written_at()]
    for attempt in attempts:
        times += filter(None, (attempt.started_at, attempt.ended_at))
    if ended := run.ended:
        times.append(ended.at)
    return max(_believable(times), default=None)


def _believable(times: Iterable[datetime]) -> list[datetime]:
    """Leave out what lies in the future: a clock was wrong, and it says nothing of an age."""
    latest = now() + _SKEW
    return [time for time in times if time <= latest]


def _artifacts_of(store: Store, runs: Sequence[RunRecord]) -> tuple[set[str], dict[str, str]]:
    """Give what runs refer to, and what is wrong with the artifacts that can't be followed."""
    used: set[str] = set()
    damaged: dict[str, str] = {}
    for closing in (closing for run in runs for closing in run.closings()):
        found = [*closing.inputs.values(), *([closing.output.digest] if closing.output else [])]
        while found:
            if (digest := found.pop()) not in used:
                used.add(digest)
                try:
                    found += artifacts.parts(store, digest)
                except NotFoundError:
                    continue
                except DamagedError as error:
                    damaged[key_of(digest)] = error.message
    return used, damaged


def _ages(runs: Sequence[RunRecord]) -> Iterator[float]:
    """Tell for how long attempts have been running: what they stored isn't recorded yet."""
    for attempt in (attempt for run in runs for attempt in run.every_attempt()):
        if attempt.is_alive:
            yield attempt.age


def _unused(
    store: Store, folder: str, sizes: Mapping[str, int], used: Collection[str] | None, age: float
) -> list[str]:
    """Give the keys of a folder that are old and not in use; none where the use isn't known."""
    if used is None:
        return []
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
