"""Small JSON files that are written once; those that can't be read are remembered by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from lolpop.contract import canonical_json, from_json
from lolpop.errors import ContractError, DamagedError, NotFoundError, StorageError
from lolpop.storage.location import Store

T = TypeVar("T")


class Journal:
    """The records of a storage.

    Attributes:
        store: The storage.
        damaged: What is wrong with the records that couldn't be read, by their keys.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.damaged: dict[str, str] = {}

    def create(self, key: str, value: object, *, durable: bool = False) -> bool:
        """Write a record that isn't there; False if it is."""
        return self.store.create(key, canonical_json(value), durable=durable)

    def read(self, kind: type[T], key: str) -> T | None:
        """Read a record; None if there is none or it can't be read."""
        try:
            found = self.demand(kind, key)
        except NotFoundError:
            return None
        except StorageError as error:
            if not isinstance(error, DamagedError) and not _is_of_one(error):
                raise
            self.damaged[key] = str(error.__cause__)
            return None
        self.damaged.pop(key, None)
        return found

    def demand(self, kind: type[T], key: str) -> T:
        """Read a record that must be there.

        Raises:
            NotFoundError: There is none.
            DamagedError: It isn't what was written.
            StorageError: The storage can't be reached, or this user may not read the record.
        """
        try:
            return from_json(kind, self._json(key))
        except (ContractError, ValueError, RecursionError, OSError) as error:
            raise DamagedError(
                f"the record {key!r} in the storage {self.store.shown!r} can't be read: {error}",
                url=self.store.shown,
                hint="restore it from a copy, or delete it",
            ) from error

    def _content(self, key: str) -> bytes:
        try:
            return self.store.read(key)
        except StorageError as error:
            if isinstance(error.__cause__, IsADirectoryError):
                raise error.__cause__ from error
            raise

    def _json(self, key: str) -> Mapping[str, Any]:
        found = json.loads(self._content(key))
        if not isinstance(found, dict):
            raise ContractError(f"expected an object, found {type(found).__name__}")
        return found


def _is_of_one(error: StorageError) -> bool:
    """Whether it is one record alone that can't be read, and not the storage."""
    return isinstance(error.__cause__, PermissionError)
