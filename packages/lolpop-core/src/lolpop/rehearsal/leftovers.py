"""What a step may leave behind: files in the project folder, and state in the process."""

from __future__ import annotations

import os
import pickle
import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from lolpop.package.listing import is_junk, walked
from lolpop.steps.references import dotted
from lolpop.workflow.assembly import Tree
from lolpop.workflow.integration import WRAPPERS, Integration

_CODE = (FunctionType, ModuleType, Integration, type)
_OWN = frozenset({"config", "name", "decorator_method", WRAPPERS})


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step finds around it, besides its arguments.

    Attributes:
        files: The size and time of each of the project's files, by its path.
        state: A fingerprint of each attribute, global and the like, by its name.
    """

    files: Mapping[str, tuple[int, int]]
    state: Mapping[str, str]


def scene(folder: Path, tree: Tree) -> Scene:
    """Look at the project folder and the workflow's objects, classes and modules as they are."""
    return Scene(
        dict(files(folder)), {name: _fingerprint(value) for name, value in _state(folder, tree)}
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what is new or different afterwards."""
    return tuple(name for name, value in after.items() if before.get(name) != value)


def files(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the files of a folder, caches and the like left out, with their sizes and times."""
    for path in walked(folder, is_junk):
        try:
            found = (folder / path).stat()
        except OSError:
            continue
        yield path, (found.st_size, found.st_mtime_ns)


def _state(folder: Path, tree: Tree) -> Iterator[tuple[str, Any]]:
    for part, made in tree.objects.items():
        hidden = {*_OWN, *vars(made).get(WRAPPERS, ())}
        yield from _named(dotted(part), {k: v for k, v in vars(made).items() if k not in hidden})
    for module in _modules(folder):
        yield from _named(module.__name__, vars(module))
        for name, found in list(vars(module).items()):
            if isinstance(found, type) and found.__module__ == module.__name__:
                yield from _named(name, vars(found))
    yield from _named("os.environ", dict(os.environ))
    yield "the current folder", Path.cwd()
    yield "the generator of `random`", random.getstate()
    if numpy := sys.modules.get("numpy"):
        yield "the generator of `numpy.random`", numpy.random.get_state()


def _modules(folder: Path) -> list[ModuleType]:
    """Give the project's own modules, as far as they are imported."""
    found = [(module, getattr(module, "__file__", None)) for module in list(sys.modules.values())]
    inside = [(module, Path(file)) for module, file in found if file]
    return [
        module
        for module, file in inside
        if file.is_relative_to(folder) and "site-packages" not in file.parts
    ]


def _named(owner: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values that may be state: neither code nor what Python itself puts there."""
    for name, value in list(values.items()):
        is_code = isinstance(value, _CODE) or hasattr(type(value), "__get__")
        if not is_code and not name.startswith("__") and name != "_abc_impl":
            yield f"{owner}.{name}", value


def _fingerprint(value: Any) -> str:
    """Tell a value's content; where it can't be pickled, which object it is."""
    buffers: list[pickle.PickleBuffer] = []
    try:
        digest = sha256(pickle.dumps(value, protocol=5, buffer_callback=buffers.append))
        for buffer in buffers:
            digest.update(buffer.raw())
    except Exception:  # each class that can't be pickled has an error of its own
        return f"object {id(value)}"
    return digest.hexdigest()
