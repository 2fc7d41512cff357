"""Put a process back to where it was, so that its next attempt finds it as if it were new."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def restored() -> Iterator[None]:
    """Restore working folder, environment, `sys.path` and streams; seed before."""
    folder, environ, path = Path.cwd(), dict(os.environ), list(sys.path)
    streams = sys.stdin, sys.stdout, sys.stderr
    _seed()
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        sys.path[:] = path
        sys.stdin, sys.stdout, sys.stderr = streams


def forget_modules(room: Path) -> None:
    """Let the modules that stand beneath a folder be imported anew."""
    inside = f"{room}{os.sep}"
    for name, module in list(sys.modules.items()):
        if _place(module).startswith(inside):
            del sys.modules[name]
    for place in [place for place in sys.path_importer_cache if str(place).startswith(inside)]:
        del sys.path_importer_cache[place]


def _place(module: object) -> str:
    """Give a module's file, or the folder of a package that has none."""
    names = getattr(module, "__dict__", {})
    file = names.get("__file__")
    if isinstance(file, str):
        return file
    folders = getattr(names.get("__spec__"), "submodule_search_locations", None)
    return next(map(str, folders), "") if folders else ""


def _seed() -> None:
    """Give every attempt random numbers of its own, as a fresh process has them."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
