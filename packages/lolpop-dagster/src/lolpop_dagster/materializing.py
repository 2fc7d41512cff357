"""What a step gave, as metadata for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lolpop.errors import LolpopError
from lolpop.storage.artifacts import Artifact, digest
from lolpop.storage.preview import preview, type_name

_SHAPE = re.compile(r"\S+ (\d+(?: x \d+)*)\b")
_PLAIN = re.compile(r"\w+")


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

    Args:
        value: The value.
        size: The bytes from which on it does; tables, models and files always do.
    """
    taken = size_of(value)
    if not _is_notable(value) and (taken is None or taken < size):
        return None
    shape = getattr(value, "shape", None)
    found = {
        "type": type_name(value),
        "shape": " x ".join(map(str, shape)) if isinstance(shape, tuple) else None,
        "size": taken,
        "digest": _digest(value),
        "preview": preview(value),
    }
    return {key: each for key, each in found.items() if each is not None}


def size_of(value: Any) -> int | None:
    """Give the bytes that a value takes, where that is quickly known."""
    if isinstance(value, (bytes, str)):
        return len(value)
    if isinstance(value, Path):
        return value.stat().st_size if value.is_file() else None
    if callable(usage := getattr(value, "memory_usage", None)):  # a table of pandas
        return int(usage().sum())
    found = getattr(value, "nbytes", None)
    return found if isinstance(found, int) else None


def _is_notable(value: Any) -> bool:
    if isinstance(value, Path):
        return value.is_file()
    return isinstance(getattr(value, "shape", None), tuple) or callable(
        getattr(value, "predict", None)
    )


def _digest(value: Any) -> str | None:
    try:
        return digest(value, Path.cwd())
    except LolpopError:
        return None  # it can't be stored, which only a deployment needs
