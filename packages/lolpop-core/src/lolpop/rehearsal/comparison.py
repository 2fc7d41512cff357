"""Where two values differ: NaN equals NaN, and objects are compared by what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from lolpop.errors import LolpopError
from lolpop.storage import artifacts
from lolpop.storage.preview import preview, type_name
from lolpop.storage.unstorable import ROOT

_ADDRESS = re.compile(" at 0x[0-9a-f]+")
_LONGEST = 60
_FRAMES = ("pandas", "polars", "pyarrow")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two values differ.

    Attributes:
        path: The expression that leads there, such as `result['model'].rate`.
        first: What stands there in the first value, as a short text.
        second: What stands there in the second one.
        values: Both.
    """

    path: str
    first: str
    second: str
    values: tuple[Any, Any] = (None, None)

    def said(self, first: str, second: str) -> str:
        """Write it; both words tell which value is which."""
        return f"{self.path} is {self.first} {first} and {self.second} {second}"


def difference(
    first: Any, second: Any, folders: tuple[Path, Path], whole: bool = False
) -> Difference | None:
    """Find the first place where two values differ, or None if they are equal.

    Args:
        first: One value.
        second: The other one.
        folders: The working folders that the paths in each of them start at.
        whole: Whether to look at attributes too that pickle leaves out.
    """
    return _Comparison(folders, whole).found(first, second, ROOT)


class _Comparison:
    def __init__(self, folders: tuple[Path, Path], whole: bool) -> None:
        self.folders = folders
        self.whole = whole
        self.seen: dict[tuple[int, int], Any] = {}

    def found(self, one: Any, other: Any, path: str) -> Difference | None:
        """Find the first place where two values differ."""
        if one is other or (id(one), id(other)) in self.seen:
            return None
        self.seen[id(one), id(other)] = one, other  # kept, so that no other gets their ids
        if type(one) is not type(other):
            return _different(one, other, path)
        for kind, compare in _COMPARISONS.items():
            if isinstance(one, kind):
                result: Difference | None = getattr(self, compare)(one, other, path)
                return result
        library = type(one).__module__.partition(".")[0]
        if library == "numpy" and hasattr(one, "dtype"):
            return self.arrays(one, other, path)
        if library in _FRAMES and hasattr(one, "equals"):
            return self.frames(one, other, path)
        return self.objects(one, other, path)

    def paths(self, one: Path, other: Path, path: str) -> Difference | None:
        """Compare paths, and the files that they lead to."""
        pairs = zip((one, other), self.folders, strict=True)
        try:
            digests = {artifacts.digest(each, folder) for each, folder in pairs}
        except LolpopError:
            digests = {str(one), str(other)}
        return None if len(digests) == 1 else _different(one, other, path)

    def mappings(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare dicts, the order of their keys included."""
        keys = self.sequences(list(one), list(other), f"list({path})")
        if keys:
            return keys
        items = zip(one, other, strict=True)
        return self.first((f"{path}[{key!r}]", one[key], other[also]) for key, also in items)

    def sequences(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare lists or tuples."""
        if len(one) != len(other):
            return _different(one, other, path)
        pairs = enumerate(zip(one, other, strict=True))
        return self.first((f"{path}[{number}]", *pair) for number, pair in pairs)

    def sets(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare sets: by their elements' equality, else by what is stored of them."""
        if one == other:
            return None
        try:
            digests = [
                sorted(artifacts.digest(each, folder) for each in elements)
                for elements, folder in zip((one, other), self.folders, strict=True)
            ]
        except LolpopError:
            return _different(one, other, path)
        return None if digests[0] == digests[1] else _different(one, other, path)

    def arrays(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare numpy's arrays and scalars."""
        if one.dtype != other.dtype or one.shape != other.shape:
            return _different(one, other, path)
        if one.dtype.hasobject:
            return self.found(one.tolist(), other.tolist(), path)
        differing = (one != other) & ~((one != one) & (other != other))
        if not differing.any():
            return None
        if not one.shape:
            return _different(one, other, path)
        place = tuple(int(each[0]) for each in differing.nonzero())
        return _different(one[place], other[place], f"{path}[{', '.join(map(str, place))}]")

    def frames(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare tables and columns; where columns differ, find the first one."""
        if one.equals(other):
            return None
        inside = None
        names = [list(getattr(each, "columns", ())) for each in (one, other)]
        if names[0] and names[0] == names[1] and len(set(names[0])) == len(names[0]):
            columns = ((f"{path}[{name!r}]", one[name], other[name]) for name in names[0])
            inside = self.first(columns)
        elif hasattr(one, "to_list"):
            inside = self.sequences(one.to_list(), other.to_list(), path)
        return inside or _different(one, other, path)

    def objects(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare objects by what pickle would take of them."""
        try:
            reduced = [_reduced(each, self.whole) for each in (one, other)]
        except Exception:  # whatever the objects' own code raises
            return self.plain(one, other, path)
        if [name for name, _ in reduced[0]] != [name for name, _ in reduced[1]]:
            return _different(one, other, path)
        parts = zip(*reduced, strict=True)
        found = self.first((f"{path}{name}", a, b) for (name, a), (_, b) in parts)
        return found and (found if found.path != path else _different(one, other, path))

    def first(self, pairs: Iterator[tuple[str, Any, Any]]) -> Difference | None:
        """Find the first pair that differs."""
        found = (self.found(one, other, path) for path, one, other in pairs)
        return next(filter(None, found), None)

    def plain(self, one: Any, other: Any, path: str) -> Difference | None:
        """Compare what is equal by value alone."""
        return None if _says_equal(one, other) else _different(one, other, path)


_COMPARISONS: dict[Any, str] = {
    (str, bytes, int, float, complex): "plain",
    Path: "paths",
    dict: "mappings",
    (list, tuple): "sequences",
    (set, frozenset): "sets",
}


def _says_equal(one: Any, other: Any) -> bool:
    """Whether two objects call themselves equal, or call themselves equal to nothing, as NaN."""
    try:
        return bool(one == other) or (bool(one != one) and bool(other != other))
    except Exception:  # what isn't one truth value, such as a comparison by element
        return False


def _reduced(value: Any, whole: bool) -> list[tuple[str, Any]]:
    """Give the parts of an object, each with the expression that leads to it."""
    if isinstance(value, FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        return [("", value.__qualname__), ("", value.__code__.co_code), (".__closure__", held)]
    if whole and hasattr(value, "__dict__"):
        return _attributes(vars(value))
    reduced = value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return [("", reduced)]
    _, made_from, state, items, pairs = (*reduced, None, None, None, None)[:5]
    parts = [("", each) for each in made_from]
    for part in state if isinstance(state, tuple) else (state,):
        parts += _attributes(part)
    return [*parts, ("", list(items or ())), ("", dict(pairs or ()))]


def _attributes(state: Any) -> list[tuple[str, Any]]:
    if isinstance(state, dict):
        return [(f".{name}", state[name]) for name in sorted(state, key=str)]
    return [("", state)]


def _different(one: Any, other: Any, path: str) -> Difference:
    first, second = _short(one), _short(other)
    if first == second:
        first, second = f"{first} ({type_name(one)})", f"{second} ({type_name(other)})"
    return Difference(path, first, second, (one, other))


def _short(value: Any) -> str:
    scalar = getattr(value, "shape", None) == () and hasattr(value, "item")
    text = _ADDRESS.sub("", preview(value.item() if scalar else value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
