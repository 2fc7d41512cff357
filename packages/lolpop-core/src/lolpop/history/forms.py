"""A value in the forms that people and other programs read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lolpop.atomic import replacing
from lolpop.errors import UsageError
from lolpop.history.outputs import Loaded
from lolpop.storage.exact import is_exact
from lolpop.storage.preview import type_name

_LIBRARIES = ("pandas", "polars")
PICKLED = (
    "pickled: only Python reads it, with the distributions that it was made with;"
    " open it only if you trust whoever made it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A value as somebody gets it: either as text, or as a file.

    Attributes:
        text: What is printed, or None.
        value: The same as a JSON value, or None.
        file: The file that it was written to, or None.
        note: What should be known of that file, or None.
    """

    text: str | bytes | None = None
    value: Any = None
    file: Path | None = None
    note: str | None = None


def take(loaded: Loaded, target: Path | None, here: Path) -> Taken:
    """Give a value as text, or write it to a file.

    Args:
        loaded: The value.
        target: The file, absolute; None for text, and for files their own name.
        here: The folder that files are copied to where there is no target.

    Raises:
        UsageError: It can't be written there or in this form, or isn't text.
    """
    if target is None and (source := _inside(loaded)) is not None:
        target = here / source.name
        if target.exists():
            message = f"{source.name!r} is in the working folder already"
            raise UsageError(message, hint="name another file with -o")
    if target is not None:
        return Taken(file=target, note=_write(loaded, target))
    text = _text(loaded.value)
    if text is None:
        raise UsageError(
            f"a value of type {type_name(loaded.value)} can't be printed",
            hint="-o FILE writes it, pickled; --element takes a part of it",
        )
    return Taken(text=text, value=loaded.value if is_exact(loaded.value) else text)


def _text(value: Any) -> str | bytes | None:
    if isinstance(value, str | bytes):
        return value
    if is_exact(value):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value) if _library(value) or isinstance(value, Path) else None


def _write(loaded: Loaded, target: Path) -> str | None:
    """Write a value to a file; say what should be known of that file, or None."""
    try:
        with replacing(target) as draft:
            return _written(loaded, target, draft)
    except UsageError:
        raise
    except OSError as error:
        raise UsageError(f"can't write {str(target)!r}: {error.strerror or error}") from error
    except Exception as error:  # whatever the value's own library raises
        raise UsageError(
            f"can't write {str(target)!r}: {type(error).__name__}: {error}",
            hint="a name that ends in .pickle keeps the value as it is",
        ) from error


def _written(loaded: Loaded, target: Path, draft: Path) -> str | None:
    value = loaded.value
    if (source := _inside(loaded)) is not None:
        _copy(source, draft)
        return None
    if _library(value) and target.suffix != ".pickle":
        _write_table(value, target.name, draft)
        return None
    text = _text(value)
    if text is None or target.suffix == ".pickle":
        return _pickle(value, draft)
    end = "" if isinstance(value, str | bytes) else "\n"
    draft.write_bytes(text if isinstance(text, bytes) else (text + end).encode())
    return None


def _inside(loaded: Loaded) -> Path | None:
    if not isinstance(loaded.value, Path):
        return None
    place = loaded.folder / loaded.value
    return place if place.is_relative_to(loaded.folder) and place.exists() else None


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_copy_file, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def _copy_file(source: str, target: str) -> None:
    with replacing(Path(target)) as draft:
        shutil.copy(source, draft)


def _pickle(value: Any, target: Path) -> str:
    import cloudpickle  # type: ignore[import-untyped,import-not-found,unused-ignore]

    target.write_bytes(cloudpickle.dumps(value))
    return PICKLED


def _library(value: Any) -> str | None:
    """Name the library of a table."""
    name = type_name(value)
    found = name.partition(".")[0]
    is_table = name.endswith((".DataFrame", ".Series"))
    return found if found in _LIBRARIES and is_table else None


def _write_table(table: Any, name: str, target: Path) -> None:
    writers = _PANDAS if _library(table) == "pandas" else _POLARS
    frame = table.to_frame() if type_name(table).endswith(".Series") else table
    if target.suffix not in writers:
        raise UsageError(
            f"can't write a {type_name(table)} as {name!r}",
            hint=f"end the name in {', '.join(writers)} or .pickle",
        )
    writers[target.suffix](frame, target)


def _flat(frame: Any) -> Any:
    """Make columns of an index that says something."""
    index = frame.index
    says_nothing = index.name is None and index.equals(type(index)(range(len(index))))
    return frame if says_nothing else frame.reset_index()


_PANDAS: dict[str, Callable[[Any, Path], None]] = {
    ".csv": lambda frame, target: _flat(frame).to_csv(target, index=False),
    ".json": lambda frame, target: _flat(frame).to_json(target, orient="records"),
    ".parquet": lambda frame, target: frame.to_parquet(target),
}
_POLARS: dict[str, Callable[[Any, Path], None]] = {
    ".csv": lambda frame, target: frame.write_csv(target),
    ".json": lambda frame, target: frame.write_json(target),
    ".parquet": lambda frame, target: frame.write_parquet(target),
}
