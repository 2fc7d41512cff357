"""The project folder: what imports start at, and the working folder of a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lolpop.workflow.hidden import import_hidden


def roots_of(folder: Path, configured: Sequence[str] | None) -> tuple[Path, ...]:
    """Give the folders that the project's imports start at.

    Args:
        folder: The project folder, absolute.
        configured: `package.roots`; without it `src` if there is one, else the folder.
    """
    if configured is None:
        configured = ["src"] if (folder / "src").is_dir() else ["."]
    return tuple((folder / root).resolve() for root in configured)


@contextmanager
def working_in(folder: Path, roots: Sequence[Path]) -> Iterator[None]:
    """Work in the project folder, with its modules first on `sys.path`."""
    import_hidden(roots)
    before, path = Path.cwd(), list(sys.path)
    os.chdir(folder)
    sys.path[:0] = [str(root) for root in roots]
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
