"""Where boxes of one row stand: as near as possible to where they want to be."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], weights: Sequence[float], room: Sequence[float]) -> list[float]:
    """Find the places nearest to the wanted ones, in their order and apart.

    The sum of the weighted squares of the distances is the least there is (isotonic
    regression by pooling neighbours that are in each other's way).

    Args:
        wanted: Where each would like to be.
        weights: How much each insists on that; above 0.
        room: How far each must be from the one before; that of the first is ignored.
    """
    offsets = [0.0]
    for distance in room[1:]:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, float, int]] = []
    for place, weight, offset in zip(wanted, weights, offsets, strict=False):
        pool = (place - offset, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            pool = _pooled(pools.pop(), pool)
        pools.append(pool)
    level = [mean for mean, _, count in pools for _ in range(count)]
    return [base + offset for base, offset in zip(level, offsets, strict=False)]


def _pooled(
    one: tuple[float, float, int], other: tuple[float, float, int]
) -> tuple[float, float, int]:
    weight = one[1] + other[1]
    mean = (one[0] * one[1] + other[0] * other[1]) / weight
    return mean, weight, one[2] + other[2]
