"""pandas frames, series and extension arrays, reduced to what they hold.

How pandas lays columns together in blocks depends on what was done to a frame before, so
equal frames have different pickles. Here the blocks are laid together anew, without a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Reduced:
    """Something that is pickled as what a callable makes of arguments."""

    made: tuple[Any, ...]

    def __reduce__(self) -> Any:
        return self.made


@dataclass(frozen=True)
class _Row:
    """One column of a frame as its block holds it."""

    position: int
    values: Any


def reduce_manager(manager: Any) -> Any:
    """Reduce the blocks of a frame: one for each dtype, in the order of their columns."""
    kind, (blocks, axes) = manager.__reduce__()
    if not blocks:
        return kind, (blocks, axes)
    make = blocks[0].__reduce__()[0]
    found = sorted(_blocks(blocks), key=lambda each: each[0][0])
    made = [Reduced((make, (values, _placement(places), 2))) for places, values in found]
    return kind, (tuple(made), axes)


def reduce_single(manager: Any) -> Any:
    """Reduce the one block of a series; pandas' own form holds everything three times."""
    from copyreg import __newobj__  # type: ignore[attr-defined]

    axis = manager.axes[0]
    places = slice(0, len(axis), 1)
    block = {"values": _plain(manager.blocks[0].values), "mgr_locs": places}
    state = {"0.14.1": {"axes": [axis], "blocks": [block]}}
    return __newobj__, (type(manager),), ([], [], [], state)


def reduce_extension(array: Any) -> Any:
    """Reduce an extension array without its caches and without what lies under its mask."""
    made = array.__reduce_ex__(5)
    return (*made[:2], _state(made[2]), *made[3:]) if len(made) > 2 else made


def _state(state: Any) -> Any:
    if type(state) is dict:
        return _attributes(state)
    if isinstance(state, tuple) and len(state) in (2, 3):
        # A dtype, an array, and attributes where there are any; pandas 2 wants all three.
        dtype, array, attributes = (*state, {})[:3]
        return dtype, array, _attributes(attributes)
    return state


def _attributes(state: dict[str, Any]) -> dict[str, Any]:
    state = {name: state[name] for name in state if name not in ("_cache", "_readonly")}
    mask = state.get("_mask")
    if mask is not None and mask.any():
        state["_data"] = state["_data"].copy()
        state["_data"][mask] = 0
    return state


def _plain(values: Any) -> Any:
    """Give the array beneath naive times and durations, which pandas wraps again."""
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    is_time = getattr(values.dtype, "kind", "") in ("M", "m") and isinstance(values.dtype, np.dtype)
    return np.asarray(values) if is_time else values


def _blocks(blocks: Sequence[Any]) -> Iterator[tuple[list[int], Any]]:
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    rows: dict[Any, list[_Row]] = {}
    for block in blocks:
        places = block.mgr_locs.as_array.tolist()
        values = _plain(block.values)
        if not isinstance(values, np.ndarray):
            yield places, values
        elif _is_by_row(values):
            order = np.argsort(places)
            yield sorted(places), values if places == sorted(places) else values[order]
        else:
            rows.setdefault(values.dtype, []).extend(map(_Row, places, values))
    for dtype, found in rows.items():
        found.sort(key=lambda row: row.position)
        yield [row.position for row in found], _together(dtype, [row.values for row in found])


def _is_by_row(values: Any) -> bool:
    """Tell whether the rows of the frame lie together, not its columns."""
    if values.dtype.hasobject or min(values.shape) < 2:
        return False
    return bool(abs(values.strides[0]) < abs(values.strides[1]))


def _together(dtype: Any, rows: Sequence[Any]) -> Any:
    if dtype.hasobject:
        import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

        together = np.empty((len(rows), len(rows[0])), dtype)
        for number, row in enumerate(rows):
            together[number] = row
        return together
    from lolpop.storage.arrays import reduce_rows

    return Reduced(reduce_rows(dtype, len(rows[0]), rows))


def _placement(places: Sequence[int]) -> Any:
    import numpy as np  # type: ignore[import-not-found,import-untyped,unused-ignore]

    step = places[1] - places[0] if len(places) > 1 else 1
    stop = places[0] + step * len(places)
    if [*range(places[0], stop, step)] == [*places]:
        return slice(places[0], stop, step)
    return np.array(places, np.intp)
