"""What a step gave, as metadata for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lolpop.errors import LolpopError
from lolpop.storage.artifacts import Artifact, digest
from lolpop.storage.preview import preview, type_name

NOTE = "note"
"""Under which it is said what isn't known."""

_SHAPE = re.compile(r"\S+ (\d+(?: x \d+)*)\b")
_PLAIN = re.compile(r"\w+")
_LONGEST = 300
"""How much of an error a note repeats."""


def is_shown(output: Artifact, size: int) -> bool:
    """Whether an output shows as a materialization: what is large, a file, a table or a model."""
    has_parts = output.kind == "pickle" and _PLAIN.fullmatch(output.type_name) is None
    return output.kind == "file" or has_parts or output.size >= size


def metadata_of(output: Artifact) -> Mapping[str, Any]:
    """Give type, shape, size, digest and preview."""
    shape = _SHAPE.match(output.preview) if "." in output.type_name else None
    return {
        "type": output.type_name,
        **({"shape": shape[1]} if shape else {}),
        "size": output.size,
        "digest": output.digest,
        "preview": output.preview,
    }


def valued(value: Any, size: int) -> dict[str, Any] | None:
    """Give the metadata of a value that isn't stored, if it shows as a materialization.

    A value's own code may do anything when it is asked: what it raises is noted in the place of
    what it was asked for.

    Args:
        value: The value.
        size: The bytes from which on it does; tables, models and files always do.
    """
    notes: list[str] = []
    taken = _asked("size", size_of, value, notes)
    if not _asked("kind", _is_notable, value, notes) and (taken is None or taken < size):
        return None
    found = {name: _asked(name, ask, value, notes) for name, ask in _ASKED.items()}
    found |= {"size": taken, NOTE: "; ".join(notes) or None}
    return {key: each for key, each in found.items() if each is not None}


def _asked(name: str, ask: Callable[[Any], Any], value: Any, notes: list[str]) -> Any:
    try:
        return ask(value)
    except Exception as error:
        notes.append(f"its {name} isn't known: {type(error).__name__}: {error}"[:_LONGEST])
        return None


def size_of(value: Any) -> int | None:
    """Give the bytes that a value takes, where that is quickly known."""
    if isinstance(value, (bytes, str)):
        return len(value)
    if isinstance(value, Path):
        return value.stat().st_size if value.is_file() else None
    if callable(usage := getattr(value, "memory_usage", None)):  # a table of pandas
        used = usage()  # of each column, or of all
        return int(used.sum() if hasattr(used, "sum") else used)
    found = getattr(value, "nbytes", None)
    return found if isinstance(found, int) else None


def _is_notable(value: Any) -> bool:
    if isinstance(value, Path):
        return value.is_file()
    return isinstance(getattr(value, "shape", None), tuple) or callable(
        getattr(value, "predict", None)
    )


def _shape(value: Any) -> str | None:
    shape = getattr(value, "shape", None)
    return " x ".join(map(str, shape)) if isinstance(shape, tuple) else None


def _digest(value: Any) -> str | None:
    try:
        return digest(value, Path.cwd())
    except LolpopError:
        return None  # it can't be stored, which only a deployment needs


_ASKED: Mapping[str, Callable[[Any], Any]] = {
    "type": type_name,
    "shape": _shape,
    "digest": _digest,
    "preview": preview,
}
