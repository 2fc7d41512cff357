"""Write files that weren't there: all of them or none, and never over another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lolpop import atomic
from lolpop.errors import UsageError


def write(folder: Path, files: Mapping[str, str], hint: str) -> list[str]:
    """Write files beneath a folder, which is made if it isn't there.

    Args:
        folder: The folder.
        files: The text of each file by its path in the folder.
        hint: What to do if one of them is there already.

    Returns:
        The paths of the files.

    Raises:
        UsageError: One of them is there already, or can't be written.
    """
    present = sorted(name for name in files if os.path.lexists(folder / name))
    if present:
        raise UsageError(f"{str(folder)!r} has {' and '.join(present)} already", hint=hint)
    made: list[Path] = []
    try:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            atomic.write(file, text.encode())
            made.append(file)
    except OSError as error:
        for file in made:
            file.unlink(missing_ok=True)
        raise UsageError(f"can't write to {str(folder)!r}: {error.strerror}") from error
    return sorted(str(folder / name) for name in files)
