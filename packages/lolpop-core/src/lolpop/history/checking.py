"""Verify all of a storage: its packages, artifacts and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from lolpop.errors import LolpopError
from lolpop.package.archive import key_of as package_key
from lolpop.package.opening import verify as verify_package
from lolpop.storage import Store, container, deployed, projects
from lolpop.storage.attempts import Claim, Closing
from lolpop.storage.journal import Journal
from lolpop.storage.names import joined
from lolpop.storage.records import RunEnd, Runs, RunStart, Stopping

Tell = Callable[[int], None]
"""Is told how many bytes of packages and artifacts have been read."""

_OF_RUN = {"run.json": RunStart, "stopping.json": Stopping, "end.json": RunEnd}
_OF_ATTEMPT = {"claim.json": Claim, "close.json": Closing}


@dataclass
class Checked:
    """What was looked at, and what is wrong.

    Attributes:
        packages: How many packages.
        artifacts: How many artifacts.
        records: How many records of runs, and notes of deployments and projects.
        size: Bytes of the packages and artifacts.
        damaged: What is wrong, by key.
    """

    packages: int = 0
    artifacts: int = 0
    records: int = 0
    size: int = 0
    damaged: dict[str, str] = field(default_factory=dict)


def content_of(store: Store) -> Mapping[str, int]:
    """Give the keys of packages and artifacts, with their sizes."""
    return {**store.sizes("packages"), **store.sizes("artifacts")}


def check(store: Store, tell: Tell = lambda size: None) -> Checked:
    """Read all content of a storage, and compare it with its digests; read all records.

    Raises:
        StorageError: The storage can't be reached.
    """
    found = Checked()
    for key, size in content_of(store).items():
        if (why := _content(store, key)) is not None:
            found.damaged[key] = why
        found.packages += key.startswith("packages/")
        found.artifacts += key.startswith("artifacts/")
        found.size += size
        tell(size)
    for key, why in _records(store):
        found.records += 1
        if why is not None:
            found.damaged[key] = why
    return found


def _content(store: Store, key: str) -> str | None:
    name = key.rpartition("/")[2]
    digest = name.removesuffix(".zip")
    if key not in (package_key(digest), container.key_of(digest)):
        return "nothing of this name is looked for here"
    try:
        if name != digest:
            verify_package(store, digest)
        else:
            return _missing(store, container.read(store, digest, verify=True).header)
    except LolpopError as error:
        return error.message
    return None


def _missing(store: Store, header: container.Header) -> str | None:
    missing = [part for _, part in header.parts if not store.exists(container.key_of(part))]
    return f"its part {missing[0]} isn't in the storage" if missing else None


def _records(store: Store) -> Iterator[tuple[str, str | None]]:
    """Give each record, and what is wrong with it."""
    journal = Journal(store)
    for prefix in Runs(store).prefixes():
        yield from _run(journal, prefix)
    uses, damaged = deployed.read(store)
    yield from ((use.key, None) for use in uses)
    last, more = projects.every(store)
    yield from ((digest, None) for digest in last)
    yield from {**damaged, **more}.items()


def _run(journal: Journal, prefix: str) -> Iterator[tuple[str, str | None]]:
    names = journal.store.names(prefix)
    if "run.json" not in names:
        yield joined(prefix, "run.json"), "it is missing, and the run is found by it"
    for name in _OF_RUN.keys() & {*names}:
        yield _record(journal, _OF_RUN[name], joined(prefix, name))
    for step in journal.store.names(joined(prefix, "steps")):
        folder = joined(prefix, "steps", step)
        for attempt in journal.store.names(folder):
            there = {*journal.store.names(joined(folder, attempt))}
            for name in _OF_ATTEMPT.keys() & there:
                yield _record(journal, _OF_ATTEMPT[name], joined(folder, attempt, name))


def _record(journal: Journal, kind: type, key: str) -> tuple[str, str | None]:
    found = journal.read(kind, key)
    if found is None:
        return key, journal.damaged.get(key)
    if isinstance(found, RunStart):
        return key, _gone(journal.store, "package", package_key(found.package_digest))
    if isinstance(found, Closing) and found.output:
        return key, _gone(journal.store, "output", container.key_of(found.output.digest))
    return key, None


def _gone(store: Store, what: str, key: str) -> str | None:
    return None if store.exists(key) else f"its {what} {key!r} isn't in the storage"
