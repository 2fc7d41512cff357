"""Numbers in the order in which things began, whatever the clocks of hosts say."""

from __future__ import annotations

from collections.abc import Callable

from lolpop.storage.location import Store
from lolpop.storage.names import joined

ROOT = "sequence"
_KEPT = 8
"""How many of the last numbers stay: one that is given late must not be given again."""


def next_number(store: Store, known: Callable[[], int]) -> int:
    """Give a number above those that were given before; no other process gets the same.

    Args:
        store: The storage.
        known: Gives the highest one that is in use, for a storage that remembers none.
    """
    given = sorted(name for name in store.names(ROOT) if name.isdecimal())
    number = int(given[-1]) if given else known()
    while not store.create(_key(number := number + 1), b""):
        continue
    for name in given[:-_KEPT]:
        store.delete(joined(ROOT, name))
    return number


def _key(number: int) -> str:
    return joined(ROOT, f"{number:012}")
