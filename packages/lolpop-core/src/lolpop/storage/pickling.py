"""Pickle streams that are the same for equal values, their big buffers beside them."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from lolpop.storage.arrays import Raw, reduce_array, reduce_dtype
from lolpop.storage.arrow import reduce_arrow
from lolpop.storage.frames import reduce_extension, reduce_manager, reduce_single
from lolpop.storage.tables import NESTED, PART, Shelf, Tables

Placer = Callable[[Path, Tables], int]
"""Adds a path, and the file that it leads to, to the tables."""

Reducer = Callable[[Any], Any]


@dataclass(frozen=True)
class Part:
    """An element that is stored as an artifact of its own."""

    digest: str


def dump(value: Any, placer: Placer) -> tuple[bytes, Tables]:
    """Write a value as a stream, by pickle, or by cloudpickle where pickle can't.

    Raises:
        Exception: Neither can; the error is cloudpickle's.
    """
    try:
        return _dump(_Plain, value, placer)
    except Exception:  # each class that can't be pickled has an error of its own
        return _dump(_cloud(), value, placer)


def load(stream: bytes | memoryview, shelf: Shelf) -> Any:
    """Read a stream."""
    return _Unpickler(stream, shelf).load()


def _dump(kind: Any, value: Any, placer: Placer) -> tuple[bytes, Tables]:
    tables = Tables()
    return _stream(kind, value, tables, placer), tables


def _stream(kind: Any, value: Any, tables: Tables, placer: Placer, *, whole: Any = None) -> bytes:
    file = io.BytesIO()
    kind(file, tables, placer, whole).dump(value)
    return file.getvalue()


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: bytes | memoryview, shelf: Shelf) -> None:
        super().__init__(io.BytesIO(stream))
        self._shelf = shelf

    def persistent_load(self, number: Any) -> Any:
        return self._shelf.get(number)


class _Canonical:
    """What makes a pickler canonical; the other base is the pickler.

    Args:
        file: The stream.
        tables: What stands beside it.
        placer: What becomes of paths.
        whole: The value that this nested stream is made for, or None for the outer stream.
    """

    def __init__(self, file: io.BytesIO, tables: Tables, placer: Placer, whole: Any) -> None:
        super().__init__(file, protocol=5)  # type: ignore[call-arg]
        self._tables = tables
        self._placer = placer
        self._whole = whole
        self._numbers: dict[type, Callable[[Any], int | None] | None] = {
            str: tables.add_text,
            bytes: tables.add_bytes,
            Raw: lambda raw: tables.add_buffer(raw.parts),
            Part: lambda part: tables.add((PART, part.digest)),
            pickle.PickleBuffer: self._buffer,
            type(Path()): lambda path: placer(path, tables),
        }

    def persistent_id(self, value: Any) -> int | None:
        """Give the number of a value that stands beside the stream."""
        kind = type(value)
        try:
            number = self._numbers[kind]
        except KeyError:
            number = self._numbers[kind] = self._nested if _is_atom(kind) else None
        return number(value) if number else None

    def reducer_override(self, value: Any) -> Any:
        """Reduce a value, or leave it to pickle."""
        kind: Any = type(value)
        reducer = _reducer(kind)
        return reducer(value) if reducer else NotImplemented

    def _nested(self, value: Any) -> int | None:
        if value is self._whole:
            self._whole = None
            return None
        stream = _stream(type(self), value, self._tables, self._placer, whole=value)
        return self._tables.add((NESTED, stream))

    def _buffer(self, value: pickle.PickleBuffer) -> int:
        raw = value.raw()
        return self._tables.add_buffer((raw,), constant=raw.readonly)


class _Plain(_Canonical, pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Refuse names in `__main__`, which is another module where the value is read."""
        if isinstance(value, (type, FunctionType)) and value.__module__ == "__main__":
            raise pickle.PicklingError(f"{value!r} stands in __main__")
        return super().reducer_override(value)


@cache
def _cloud() -> Any:
    import cloudpickle  # type: ignore[import-untyped,import-not-found,unused-ignore]

    class _Cloud(_Canonical, cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, value: Any) -> Any:
            """Refuse what cloudpickle would store as something else."""
            if _is_handle(value):
                raise TypeError(f"cannot pickle {type(value).__qualname__!r} object")
            found = super().reducer_override(value)
            if found is not NotImplemented:
                return found
            return cloudpickle.Pickler.reducer_override(self, value)

    return _Cloud


def _is_handle(value: Any) -> bool:
    opened = isinstance(value, io.IOBase) and not isinstance(value, (io.BytesIO, io.StringIO))
    return opened or isinstance(value, memoryview)


def _is_atom(kind: type) -> bool:
    """Tell whether values of a type are written by value, wherever they are shared."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy and issubclass(kind, numpy.dtype):
        return True
    return pandas is not None and issubclass(kind, (pandas.Index, *_extensions(pandas)))


def _extensions(pandas: ModuleType) -> tuple[type, type]:
    extensions = pandas.api.extensions
    return extensions.ExtensionDtype, extensions.ExtensionArray


@cache
def _reducer(kind: type) -> Reducer | None:
    library = kind.__module__.partition(".")[0]
    if library == "numpy":
        return _of_numpy(kind)
    if library == "pandas":
        return _of_pandas(kind)
    return _of_arrow(kind) if library == "pyarrow" else None


def _of_numpy(kind: type) -> Reducer | None:
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    if kind is np.ndarray:
        return reduce_array
    return reduce_dtype if issubclass(kind, np.dtype) else None


def _of_pandas(kind: type) -> Reducer | None:
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

    by_name = {"BlockManager": reduce_manager, "SingleBlockManager": reduce_single}
    if issubclass(kind, pd.api.extensions.ExtensionArray):
        return reduce_extension
    return by_name.get(kind.__name__)


def _of_arrow(kind: type) -> Reducer | None:
    import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]

    whole = (pa.Table, pa.RecordBatch, pa.Array, pa.ChunkedArray)
    return reduce_arrow if issubclass(kind, whole) else None
