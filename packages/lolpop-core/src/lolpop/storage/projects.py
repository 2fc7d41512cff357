"""The last package of each project, which is deployed where nobody names a runner."""

from __future__ import annotations

from dataclasses import dataclass

from lolpop.contract import canonical_json
from lolpop.errors import DamagedError, NotFoundError
from lolpop.storage.journal import Journal
from lolpop.storage.location import Store
from lolpop.storage.names import encoded, joined

_ROOT = "projects"


@dataclass(frozen=True, slots=True)
class Last:
    """The last package of a project."""

    digest: str


def note(store: Store, project: str, digest: str) -> None:
    """Note a project's last package, unless it is that already."""
    try:
        if last(store, project) == digest:
            return
    except DamagedError:
        pass  # it is written anew
    store.write(_key(project), canonical_json(Last(digest)), durable=True)


def last(store: Store, project: str) -> str | None:
    """Give the digest of a project's last package, or None if there is none.

    Raises:
        DamagedError: The note of it can't be read.
    """
    try:
        return Journal(store).demand(Last, _key(project)).digest
    except NotFoundError:
        return None


def every(store: Store) -> tuple[list[str], dict[str, str]]:
    """Give the last packages of all projects, and what is wrong with the notes of others."""
    journal = Journal(store)
    keys = [joined(_ROOT, name, "package.json") for name in store.names(_ROOT)]
    return [found.digest for key in keys if (found := journal.read(Last, key))], journal.damaged


def _key(project: str) -> str:
    return joined(_ROOT, encoded(project), "package.json")
