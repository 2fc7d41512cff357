"""Which step may start next: the logic of a run, without any process."""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush

from lolpop.contract import StepGraph


class Walk:
    """Where a run stands in its graph.

    Args:
        graph: The steps.
    """

    def __init__(self, graph: StepGraph) -> None:
        self.graph = graph
        self._place = {step.name: place for place, step in enumerate(graph.steps)}
        self._missing = {step.name: len(set(step.after)) for step in graph.steps}
        self._next = defaultdict(list)
        for step in graph.steps:
            for name in set(step.after):
                self._next[name].append(step.name)
        self._ready = [self._place[name] for name, count in self._missing.items() if not count]
        self._open = len(graph.steps)
        self._failed: dict[int, str] = {}

    def take(self) -> str | None:
        """Give the first step in program order that may start now, or None."""
        return self.graph.steps[heappop(self._ready)].name if self._ready else None

    def end(self, step: str, error: str | None) -> None:
        """Note how a step ended after its last attempt: None is success, and others may start."""
        if error is not None:
            self._failed[self._place[step]] = error
            return
        self._open -= 1
        for name in self._next[step]:
            self._missing[name] -= 1
            if not self._missing[name]:
                heappush(self._ready, self._place[name])

    @property
    def complete(self) -> bool:
        """Whether every step succeeded."""
        return not self._open

    @property
    def failure(self) -> tuple[str, str] | None:
        """The first step in program order that failed and its error, or None."""
        if not self._failed:
            return None
        place = min(self._failed)
        return self.graph.steps[place].name, self._failed[place]
