"""The file of an artifact: a header, then sections that can be mapped into memory.

The header names the kind, and each section's size and digest; the artifact's digest is the
header's. So a reader that trusts its disk verifies a large one by its header and size alone.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from lolpop.errors import DamagedError, NotFoundError
from lolpop.storage.location import Store
from lolpop.storage.sections import Hasher, Memory, Section

MAGIC = b"lolpop\x00\x01"
SCHEMA_VERSION = 1
ALIGNMENT = 64
SMALL = 1024 * 1024
"""Bytes of an artifact whose content is verified whenever it is read."""

START = struct.Struct("<8sQ")
DAMAGED = "run the step again, or restore the storage from a copy"


@dataclass(frozen=True)
class Draft:
    """An artifact before it is written.

    Attributes:
        kind: How the sections are to be read.
        sections: The content.
        parts: Keys of a container and the digests of the artifacts that hold its elements.
        length: How many elements the container has, or None if it has no parts.
    """

    kind: str
    sections: Sequence[Section]
    parts: Sequence[tuple[Any, str]] = ()
    length: int | None = None

    def header(self, digests: Sequence[str]) -> bytes:
        """Write the header."""
        return json.dumps(
            {
                "schema": SCHEMA_VERSION,
                "kind": self.kind,
                "sections": [
                    [section.size, digest]
                    for section, digest in zip(self.sections, digests, strict=True)
                ],
                "parts": list(self.parts),
                "length": self.length,
            },
            separators=(",", ":"),
        ).encode()


@dataclass(frozen=True)
class Header:
    """What the header of a stored artifact says."""

    kind: str
    sections: tuple[tuple[int, str], ...]
    parts: tuple[tuple[Any, str], ...]
    length: int | None
    end: int = field(default=0)

    def offsets(self) -> list[int]:
        """Tell where the sections begin, and where the last one ends."""
        found, here = [], self.end
        for size, _ in self.sections:
            here = _aligned(here)
            found.append(here)
            here += size
        return [*found, here]


def key_of(digest: str) -> str:
    """Give the key of an artifact."""
    return f"artifacts/{digest[:2]}/{digest}"


def digest_of(draft: Draft) -> str:
    """Give the digest that an artifact would have, without writing it."""
    with Hasher() as hasher:
        waiting = [hasher.feed(section) for section in draft.sections]
        return sha256(draft.header([wait() for wait in waiting])).hexdigest()


def write(store: Store, draft: Draft) -> tuple[str, int]:
    """Store an artifact, at once and whole; give its digest and the size of its file."""
    with store.scratch() as file:
        with file.open("wb", buffering=0) as sink:
            header = _write(draft, sink)
        digest = sha256(header).hexdigest()
        size = file.stat().st_size
        store.adopt(file, key_of(digest))
    return digest, size


def _write(draft: Draft, sink: IO[bytes]) -> bytes:
    room = len(draft.header(["0" * 64] * len(draft.sections)))
    here = START.size + room
    waiting: list[Callable[[], str]] = []
    with Hasher() as hasher:
        for section in draft.sections:
            here = _aligned(here)
            sink.seek(here)
            waiting.append(hasher.feed(section, sink))
            here += section.size
        header = draft.header([wait() for wait in waiting])
    sink.truncate(here)
    sink.seek(0)
    sink.write(START.pack(MAGIC, len(header)) + header)
    return header


class Opened:
    """A stored artifact, mapped into memory; what is changed there stays private.

    Attributes:
        header: What its header says.
        size: The bytes of all of it.
        sections: The content, writable.
    """

    def __init__(self, header: Header, content: memoryview) -> None:
        self.header = header
        self.size = content.nbytes
        offsets = header.offsets()
        self.sections = [
            content[start : start + size]
            for start, (size, _) in zip(offsets, header.sections, strict=False)
        ]


def read(store: Store, digest: str, verify: bool = False) -> Opened:
    """Open a stored artifact and verify it.

    Of a large one on a disk the size is compared alone: to hash it would take longer than
    to use it.

    Args:
        store: The storage.
        digest: The artifact's digest.
        verify: Whether its content is hashed, however long that takes.

    Raises:
        NotFoundError: There is none of that digest.
        DamagedError: It isn't what was written.
    """
    opened = _opened(store, digest)
    if verify or not store.is_local or opened.size <= SMALL:
        _verify(store, digest, opened)
    return opened


def header(store: Store, digest: str) -> Header:
    """Give the header of a stored artifact, whose content isn't verified."""
    return _opened(store, digest).header


def _opened(store: Store, digest: str) -> Opened:
    content = _mapped(store, digest)
    header = _header(content, digest)
    if header is None or header.offsets()[-1] != content.nbytes:
        raise _damaged(store, digest, "its header or its size is wrong")
    return Opened(header, content)


def _mapped(store: Store, digest: str) -> memoryview:
    try:
        if path := store.local_path(key_of(digest)):
            return _map(path)
        with store.scratch() as file:
            store.take(key_of(digest), file)
            return _map(file)
    except (FileNotFoundError, NotFoundError) as error:
        raise NotFoundError(f"artifact {digest} isn't in the storage {store.shown!r}") from error
    except OSError as error:
        raise _damaged(store, digest, str(error)) from error


def _map(path: Path) -> memoryview:
    with path.open("rb") as file:
        if not path.stat().st_size:
            return memoryview(b"")
        # Private: the consumer may write to its arrays, and the file never changes.
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def _header(content: memoryview, digest: str) -> Header | None:
    if content.nbytes < START.size:
        return None
    magic, size = START.unpack_from(content)
    text = content[START.size : START.size + size]
    if magic != MAGIC or sha256(text).hexdigest() != digest:
        return None
    found = json.loads(bytes(text))
    return Header(
        found["kind"],
        tuple((size, digest) for size, digest in found["sections"]),
        tuple((key, digest) for key, digest in found["parts"]),
        found["length"],
        START.size + size,
    )


def _verify(store: Store, digest: str, opened: Opened) -> None:
    with Hasher() as hasher:
        found = [hasher.feed(Memory((section,)))() for section in opened.sections]
    if found != [each for _, each in opened.header.sections]:
        raise _damaged(store, digest, "its content has another digest")


def _damaged(store: Store, digest: str, why: str) -> DamagedError:
    return DamagedError(
        f"artifact {digest} in the storage {store.shown!r} is damaged: {why}",
        url=store.shown,
        hint=DAMAGED,
    )


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
