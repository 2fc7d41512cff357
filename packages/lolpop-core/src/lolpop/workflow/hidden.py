"""Modules that lolpop imports, which a project's module of the same name would hide."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.machinery import all_suffixes
from pathlib import Path

NEEDED = frozenset(
    {
        *(
            "__future__",
            "argparse",
            "array",
            "ast",
            "asyncio",
            "base64",
            "binascii",
            "click",
            "cloudpickle",
        ),
        *(
            "collections",
            "compileall",
            "concurrent",
            "contextlib",
            "contextvars",
            "copy",
            "copyreg",
            "csv",
        ),
        *("ctypes", "dataclasses", "datetime", "decimal", "difflib", "enum", "errno", "fcntl"),
        *("fnmatch", "fractions", "fsspec", "functools", "gc", "grp", "hashlib", "heapq", "html"),
        *("importlib", "inspect", "io", "ipaddress", "itertools", "json", "jsonschema"),
        *("keyword", "linecache", "logging", "lolpop", "math", "mmap", "numpy", "os"),
        *("packaging", "pandas", "pathlib", "pickle", "pkgutil", "platform", "platformdirs"),
        *(
            "pluggy",
            "psutil",
            "pwd",
            "py_compile",
            "pyarrow",
            "pydantic",
            "pydantic_core",
            "random",
        ),
        *("re", "reprlib", "rich", "secrets", "select", "shlex", "shutil", "signal", "socket"),
        *("sqlite3", "stat", "struct", "subprocess", "sys", "sysconfig", "tempfile"),
        *("threading", "time", "tomllib", "traceback", "types", "typing", "unicodedata"),
        *("urllib", "uuid", "webbrowser", "yaml", "zipfile", "zoneinfo"),
    }
)
"""The top-level modules that lolpop's own code imports, some of them late."""

_SUFFIXES = tuple(all_suffixes())


def modules_of(paths: Iterable[str]) -> dict[str, str]:
    """Give the modules that files make importable at a root, each with its file.

    A folder without `__init__.py` is passed over: what is installed goes before it.

    Args:
        paths: The paths of files from the root, with forward slashes.
    """
    found: dict[str, str] = {}
    for path in sorted(paths):
        first, _, rest = path.partition("/")
        if rest and rest.partition(".")[0] != "__init__":
            continue
        name = first if rest else first.partition(".")[0]
        if path.endswith(_SUFFIXES) and name.isidentifier():
            found.setdefault(name, path)
    return found


def import_hidden(roots: Iterable[Path]) -> None:
    """Import now what the modules of a project would hide from lolpop's late imports."""
    places = list(roots)
    names = {name for root in places for name in NEEDED.intersection(_at(root))}
    missing = names - sys.modules.keys()
    if missing:
        with _without(places):
            for name in missing:
                with suppress(ImportError):
                    import_module(name)


@contextmanager
def _without(roots: Collection[Path]) -> Iterator[None]:
    """Look for modules elsewhere only; `PYTHONPATH` may name a root, too."""
    before, resolved = list(sys.path), {root.resolve() for root in roots}
    sys.path[:] = [place for place in before if Path(place).resolve() not in resolved]
    try:
        yield
    finally:
        sys.path[:] = before


def _at(root: Path) -> Iterator[str]:
    with suppress(OSError):
        for entry in os.listdir(root):  # noqa: PTH208 - every attempt of a step does this
            yield entry.partition(".")[0]
