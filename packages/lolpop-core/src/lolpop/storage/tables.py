"""What stands beside a pickle stream: texts, small buffers, sections, files.

The stream refers to all of it by number. So equal strings and dtypes are the same number,
whether they were one object or two, and the stream of equal values is the same.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any

from lolpop.storage.sections import Memory, Section

INLINE = 64 * 1024
"""Buffers below this many bytes stay in the table, the others become sections."""

BUFFER, CONSTANT, NESTED, LONG, PATH, PART = range(6)
"""The first element of an entry that isn't a string or bytes."""

FIRST = 2
"""The number of the first section after the table and the stream."""


class Tables:
    """The tables of one artifact while it is written."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self.sections: list[Section] = []
        self._known: dict[Any, int] = {}
        self._texts: dict[str, int] = {}

    def add(self, entry: Any) -> int:
        """Add an entry, and give its number; that of an equal one if there is one."""
        key = (type(entry), entry)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = len(self.entries)
            self.entries.append(entry)
        return number

    def add_text(self, text: str) -> int:
        """Add a string."""
        number = self._texts.get(text)
        if number is None:
            number = self._texts[text] = self.append(text)
        return number

    def add_bytes(self, value: bytes) -> int:
        """Add bytes, which can't be changed and so may be shared."""
        if len(value) < INLINE:
            return self.add(value)
        key = (bytes, value)
        if key not in self._known:
            self._known[key] = self.append((LONG, self._section((memoryview(value),))))
        return self._known[key]

    def add_buffer(self, parts: Sequence[memoryview], *, constant: bool = False) -> int:
        """Add the content of buffers, one after the other."""
        tag = CONSTANT if constant else BUFFER
        if sum(part.nbytes for part in parts) < INLINE:
            return self.add((tag, b"".join(parts)))
        return self.append((tag, self._section(parts)))

    def add_section(self, section: Section) -> int:
        """Add a section, and give its number among the sections."""
        self.sections.append(section)
        return len(self.sections) - 1 + FIRST

    def written(self) -> Memory:
        """Write the entries down, by value alone."""
        file = io.BytesIO()
        pickler = pickle.Pickler(file, protocol=5)
        pickler.fast = True  # no memo: it would tell which entries are one object
        pickler.dump(self.entries)
        return Memory((file.getbuffer(),))

    def _section(self, parts: Sequence[memoryview]) -> int:
        return self.add_section(Memory(tuple(parts)))

    def append(self, entry: Any) -> int:
        """Add an entry that no other one equals, and give its number."""
        self.entries.append(entry)
        return len(self.entries) - 1


class Shelf:
    """The tables of one artifact while it is read.

    Args:
        sections: All sections of the artifact.
        load: Reads a nested stream.
        place: Puts a file into the working folder, and gives its path.
        part: Loads another artifact by its digest.
    """

    def __init__(
        self,
        sections: Sequence[memoryview],
        load: Callable[[bytes, Shelf], Any],
        place: Callable[[Any, Shelf], Any],
        part: Callable[[str], Any],
    ) -> None:
        self.sections = sections
        self.entries: list[Any] = pickle.loads(sections[0])
        self._load = load
        self._place = place
        self._part = part

    def get(self, number: int) -> Any:
        """Give what stands under a number."""
        entry = self.entries[number]
        if type(entry) is not tuple:
            return entry
        tag, value = entry
        if tag in (BUFFER, CONSTANT):
            return self._buffer(value, constant=tag == CONSTANT)
        if tag == NESTED:
            return self._load(value, self)
        if tag == LONG:
            return self._share(number, bytes(self.sections[value]))
        if tag == PATH:
            return self._share(number, self._place(value, self))
        return self._part(value)

    def _buffer(self, value: bytes | int, *, constant: bool) -> memoryview:
        if isinstance(value, int):
            found = self.sections[value]
        else:
            found = memoryview(value if constant else bytearray(value))
        return found.toreadonly() if constant else found

    def _share(self, number: int, value: Any) -> Any:
        self.entries[number] = value
        return value
