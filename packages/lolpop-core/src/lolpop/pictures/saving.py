"""Pages as files that a browser opens."""

from __future__ import annotations

from pathlib import Path

from lolpop.errors import UsageError


def save(text: str, place: Path) -> str:
    """Write a page or a picture, and give the link that opens it.

    Raises:
        UsageError: It can't be written there.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"can't write {str(place)!r}: {error.strerror}", hint="name another file with -o"
        ) from error
    return place.resolve().as_uri()
