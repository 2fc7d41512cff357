"""Names of the outside world as parts of a storage key, and keys that stay inside."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

LONGEST = 200
"""File systems stop at 255 bytes."""


def encoded(name: str) -> str:
    """Write any text as one part of a key.

    A part is made of ASCII letters, digits, `-`, `_`, `.` and `%`; never starts with a dot,
    and is at most 200 characters long: what would be longer ends in a digest.
    """
    part = quote(name, safe="", errors="surrogatepass").replace("~", "%7E")
    if part.startswith("."):
        part = "%2E" + part[1:]
    if len(part) > LONGEST:
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        part = f"{part[: LONGEST - 33]}~{digest}"
    return part or "~"


def joined(*parts: str) -> str:
    """Join parts to a key."""
    return "/".join(parts)


def is_inside(key: str) -> bool:
    """Tell whether a key names something beneath the storage, and nothing else."""
    parts = key.split("/")
    return "\0" not in key and not {"", ".", ".."}.intersection(parts)
