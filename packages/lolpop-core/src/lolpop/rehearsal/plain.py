"""The plain run, with an eye on every call that is a step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from lolpop.contract import Step, StepGraph
from lolpop.errors import StorageError, UnstorableError
from lolpop.execution.work import elements
from lolpop.rehearsal.comparison import difference
from lolpop.rehearsal.leftovers import Scene, changed, scene
from lolpop.storage import Store, artifacts
from lolpop.workflow.assembly import Tree
from lolpop.workflow.integration import WRAPPERS
from lolpop.workflow.running import finished, said

_Method = Callable[..., Any]
_Key = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the plain run that is a step.

    Attributes:
        signature: That of the method, without `self`.
        names: The names and texts that its code uses.
        inputs: The digests of its arguments before the call, by parameter, as far as they
            can be stored.
        changed: The parameters whose arguments it changed in place.
        output: The digest of what it gave, or why that can't be stored.
        lost: What storing does to its output, or empty if that comes back the same.
        files: The files of the project folder that it wrote.
        state: What it changed of the process, by name.
    """

    signature: inspect.Signature
    names: frozenset[str]
    inputs: Mapping[str, str]
    changed: tuple[str, ...]
    output: str | UnstorableError
    lost: str
    files: tuple[str, ...]
    state: tuple[str, ...]


class Recorder:
    """Records the calls of a plain run that are steps.

    Args:
        graph: The steps.
        store: Where arguments and outputs are kept.
        folder: The project folder.
        room: A folder for the files of values that are loaded again.

    Attributes:
        calls: What was recorded, by the step's name.
    """

    def __init__(self, graph: StepGraph, store: Store, folder: Path, room: Path) -> None:
        self.calls: dict[str, Call] = {}
        self._graph = graph
        self._store = store
        self._folder = folder
        self._room = room
        self._waiting = list(reversed(graph.steps))
        self._inside = False
        self._scene: Callable[[], Scene]

    def watch(self, tree: Tree) -> None:
        """Wrap the methods that are steps, outside of all decorators."""
        self._scene = lambda: scene(self._folder, tree)
        for target, name in dict.fromkeys(_key(step) for step in self._graph.steps):
            instance: Any = tree.runner
            for attribute in target:
                instance = getattr(instance, attribute)
            wrapper = self._watched((target, name), getattr(instance, name))
            instance.__dict__[name] = wrapper
            instance.__dict__.setdefault(WRAPPERS, {})[name] = wrapper

    def _watched(self, key: _Key, method: _Method) -> _Method:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._inside or not self._waiting or _key(self._waiting[-1]) != key:
                return method(*args, **kwargs)
            self._inside = True
            try:
                return self._called(self._waiting.pop(), method, args, kwargs)
            finally:
                self._inside = False

        return watched

    def _called(self, step: Step, method: _Method, args: Any, kwargs: Any) -> Any:
        signature = inspect.signature(method)
        values = signature.bind(*args, **kwargs).arguments
        inputs = {name: self._kept(value) for name, value in values.items()}
        before = self._scene()
        output = finished(method(*args, **kwargs))
        after = self._scene()
        stored, lost = self._stored(step, output)
        self.calls[step.name] = Call(
            signature,
            frozenset(_names(getattr(inspect.unwrap(method), "__code__", None))),
            {name: digest for name, digest in inputs.items() if isinstance(digest, str)},
            tuple(name for name, value in values.items() if self._digest(value) != inputs[name]),
            stored,
            lost,
            changed(before.files, after.files),
            changed(before.state, after.state),
        )
        return output

    def _kept(self, value: Any) -> str | None:
        try:
            return artifacts.put(self._store, value, self._folder).digest
        except UnstorableError:
            return None

    def _digest(self, value: Any) -> str | None:
        try:
            return artifacts.digest(value, self._folder)
        except UnstorableError:
            return None

    def _stored(self, step: Step, output: Any) -> tuple[str | UnstorableError, str]:
        """Store an output as its step does, and see whether it comes back the same."""
        apart = elements(self._graph, step.name)
        try:
            digest = artifacts.put(self._store, output, self._folder, apart).digest
        except UnstorableError as error:
            return error, ""
        try:
            again = artifacts.get(self._store, digest, self._room)
        except StorageError as error:
            return digest, f"can't be loaded again: {said(error.__cause__ or error)}"
        found = difference(output, again, (self._folder, self._room), whole=True)
        if found is None:
            return digest, ""
        return digest, f"isn't the same after storing: {found.said('before', 'after')}"


def _names(code: object) -> Iterator[str]:
    """Yield the names and texts that code uses, that of inner functions too."""
    if isinstance(code, str):
        yield code
    elif isinstance(code, CodeType):
        yield from code.co_names
        for inner in code.co_consts:
            yield from _names(inner)


def _key(step: Step) -> _Key:
    return tuple(step.call["target"]), step.call["method"]
