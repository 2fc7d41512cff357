"""Mutants whose steps see what others kept in memory."""

from __future__ import annotations

from mutants.engine import Sound
from mutants.registry import breaks


@breaks("state.every_attempt_starts_afresh", "expected [(1, 1), (1, 1), (1, 1)], got [(1, 1), (2")
class KeepsObjects(Sound):
    wrong = "remember"
