"""numpy arrays and dtypes, reduced to what they hold.

numpy is never imported here before a value of it, or a stream that holds one, asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Raw:
    """The content of buffers, one after the other."""

    parts: Sequence[memoryview]


def reduce_array(array: Any) -> Any:
    """Reduce an array of fixed-size elements; their order in memory is kept.

    That order decides how sums are rounded, so an array that came back in another one would
    give other results.
    """
    if array.dtype.hasobject:
        return NotImplemented
    axes = _axes(array)
    ordered = array.transpose(axes)
    return restore, (array.dtype, ordered.shape, axes, Raw((view(ordered),)))


def reduce_rows(dtype: Any, length: int, rows: Sequence[Any]) -> Any:
    """Reduce rows of one dtype to one array of two dimensions, without copying them."""
    shape = (len(rows), length)
    return restore, (dtype, shape, (0, 1), Raw(tuple(map(view, rows))))


def reduce_dtype(dtype: Any) -> Any:
    """Reduce a dtype to its code where that says it all."""
    if dtype.hasobject and dtype.kind != "O":
        return NotImplemented
    if dtype.names or dtype.subdtype or dtype.metadata:
        return NotImplemented
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return (np.dtype, (dtype.str,)) if np.dtype(dtype.str) == dtype else NotImplemented


def restore(dtype: Any, shape: tuple[int, ...], axes: tuple[int, ...], data: memoryview) -> Any:
    """Lay an array over its content."""
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    array: Any = np.ndarray(shape, dtype, buffer=data)
    inverse = sorted(range(len(axes)), key=axes.__getitem__)
    return array if inverse == [*axes] == [*range(len(axes))] else array.transpose(inverse)


def view(array: Any) -> memoryview:
    """Look at an array's content as bytes; it is copied unless it is contiguous."""
    if not array.flags.c_contiguous:
        array = array.copy(order="C")
    if not array.nbytes:
        return memoryview(b"")
    if array.dtype.names:
        array = _without_gaps(array)
    return memoryview(array.reshape(-1).view("u1"))


def _axes(array: Any) -> tuple[int, ...]:
    """Give the axes in the order of memory; one of a single element may be anywhere."""
    axes = range(array.ndim)
    long = [axis for axis in axes if array.shape[axis] > 1]
    ordered = sorted(long, key=lambda axis: -abs(array.strides[axis]))
    if ordered == long or array.flags.c_contiguous:
        return tuple(axes)
    return (*(axis for axis in axes if axis not in long), *ordered)


def _without_gaps(array: Any) -> Any:
    """Set the bytes between fields to zero, for they may hold anything."""
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    if array.dtype.itemsize == sum(array.dtype[name].itemsize for name in array.dtype.names):
        return array
    clean = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    return clean
