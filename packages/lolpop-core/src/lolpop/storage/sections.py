"""The content of an artifact in sections, and their digests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from lolpop.errors import UnstorableError

CHUNK = 1024 * 1024
"""Bytes that are hashed as one; a section's digest is that of its chunks' digests."""


@dataclass(frozen=True)
class Memory:
    """A section made of buffers, one after the other."""

    parts: Sequence[memoryview]

    @property
    def size(self) -> int:
        """The bytes in all."""
        return sum(part.nbytes for part in self.parts)

    def pieces(self) -> Iterator[memoryview]:
        """Give the buffers."""
        yield from self.parts


@dataclass(frozen=True)
class Content:
    """A section that is the content of a file, `size` bytes long when it was looked at."""

    path: Path
    size: int

    def pieces(self) -> Iterator[memoryview]:
        """Read the file, which must not grow or shrink meanwhile."""
        left = self.size
        with self.path.open("rb", buffering=0) as file:
            while piece := file.read(CHUNK):
                left -= len(piece)
                yield memoryview(piece)
        if left:
            raise UnstorableError(str(self.path), "file", "it changed while it was read")


Section = Memory | Content


def of_bytes(data: bytes) -> Memory:
    """Make a section of bytes."""
    return Memory((memoryview(data),))


class Hasher:
    """Digests of sections, worked out beside the thread that writes them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "lolpop-hash")

    def __enter__(self) -> Hasher:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def feed(self, section: Section, sink: IO[bytes] | None = None) -> Callable[[], str]:
        """Write a section into a file, and give what waits for its digest."""
        digests = []
        for chunk in _chunks(section.pieces()):
            digests.append(self._hashed(chunk))
            for piece in chunk if sink else ():
                _write(sink, piece)
        return lambda: sha256(b"".join(digest() for digest in digests)).hexdigest()

    def _hashed(self, chunk: Sequence[memoryview]) -> Callable[[], bytes]:
        if sum(piece.nbytes for piece in chunk) == CHUNK:
            return self._pool.submit(_hash, chunk).result
        digest = _hash(chunk)
        return lambda: digest


def _write(sink: IO[bytes] | None, piece: memoryview) -> None:
    while sink and piece.nbytes:
        piece = piece[sink.write(piece) :]


def _hash(chunk: Sequence[memoryview]) -> bytes:
    digest = sha256()
    for piece in chunk:
        digest.update(piece)
    return digest.digest()


def _chunks(pieces: Iterable[memoryview]) -> Iterator[list[memoryview]]:
    chunk: list[memoryview] = []
    room = CHUNK
    for piece in pieces:
        rest = piece
        while rest.nbytes >= room:
            chunk.append(rest[:room])
            yield chunk
            rest, chunk, room = rest[room:], [], CHUNK
        if rest.nbytes:
            chunk.append(rest)
            room -= rest.nbytes
    if chunk:
        yield chunk
