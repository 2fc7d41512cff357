"""Pages as files that a browser opens."""

from __future__ import annotations

from pathlib import Path

from lolpop import atomic
from lolpop.errors import UsageError
from lolpop.storage import Store


def save(text: str, place: Path, store: Store | None = None) -> str:
    """Write a page or a picture at once, and give the link that opens it.

    Args:
        text: The page.
        place: The file.
        store: The storage that the place may be in, whose permissions it gets then.

    Raises:
        UsageError: It can't be written there.
        StorageError: It can't be written to the storage.
    """
    content = text.encode()
    if store and (key := store.key_at(place)):
        store.write(key, content)
        return place.resolve().as_uri()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(place, content)
    except OSError as error:
        raise UsageError(
            f"can't write {str(place)!r}: {error.strerror}", hint="name another file with -o"
        ) from error
    return place.resolve().as_uri()
