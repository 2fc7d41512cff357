"""The values of both runs, loaded from the storage and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lolpop.contract import StepGraph
from lolpop.rehearsal.comparison import Difference, difference
from lolpop.rehearsal.plain import Call
from lolpop.steps.expressions import arguments, evaluate
from lolpop.storage import Store, artifacts

Digests = Callable[[str], str]
"""Gives the digest of a step's output."""


class Values:
    """Loads values and compares them.

    Args:
        graph: The steps.
        store: Where the values are.
        parameters: The run's parameters, converted.
        rooms: A folder for the files of the plain run's values, and one for the steps'.
    """

    def __init__(
        self,
        graph: StepGraph,
        store: Store,
        parameters: Mapping[str, Any],
        rooms: tuple[Path, Path],
    ) -> None:
        self._graph = graph
        self._store = store
        self._parameters = parameters
        self._rooms = rooms

    def compared(self, plain: str, staged: str) -> Difference | None:
        """Compare two stored values.

        Raises:
            StorageError: One of them can't be loaded.
        """
        if plain == staged:
            return None
        first = artifacts.get(self._store, plain, self._rooms[0])
        return difference(first, artifacts.get(self._store, staged, self._rooms[1]), self._rooms)

    def is_unsteady(self, digest: str) -> bool:
        """Whether a stored value pickles to something else each time.

        Raises:
            StorageError: It can't be loaded.
        """
        value = artifacts.get(self._store, digest, self._rooms[1])
        return len({artifacts.digest(value, self._rooms[1]) for _ in range(3)}) > 1

    def result(self, plain: Any, digests: Digests, folder: Path) -> Difference | None:
        """Compare the plain run's result with what the steps' outputs make.

        Args:
            plain: The result, as it is at the end.
            digests: Gives the steps' outputs.
            folder: The project folder, which its paths start at.

        Raises:
            StorageError: An output can't be loaded.
        """
        if self._graph.result is None:
            staged = None
        else:
            staged = evaluate(self._graph.result, self._outputs(digests), self._parameters)
        return difference(plain, staged, (folder, self._rooms[1]))

    def inputs(self, step: str, plain: Call, digests: Digests) -> str | None:
        """Find the first argument that isn't what its step is given, or None.

        Args:
            step: The step.
            plain: The same call in the plain run.
            digests: Gives the outputs that a step's arguments are made from.

        Raises:
            StorageError: One of them can't be loaded.
        """
        call = self._graph.step(step).call
        positional, named = arguments(call, self._outputs(digests), self._parameters)
        given = plain.signature.bind(*positional, **named).arguments
        for name, digest in plain.inputs.items():
            if artifacts.digest(given[name], self._rooms[1]) != digest:
                value = artifacts.get(self._store, digest, self._rooms[0])
                if difference(value, given[name], self._rooms):
                    return name
        return None

    def _outputs(self, digests: Digests) -> Callable[[str, tuple[Any, ...]], Any]:
        room = self._rooms[1]
        return lambda name, keys: artifacts.get(self._store, digests(name), room, element=keys)
