"""Which step may start next: the logic of a run, without any process."""

from __future__ import annotations

from dataclasses import dataclass, field

from lolpop.contract import StepGraph, StepSettings


@dataclass(slots=True)
class Walk:
    """Where a run stands in its graph.

    Attributes:
        graph: The steps.
        settings: Settings by step name.
        done: The steps that succeeded, or had succeeded before.
        failed: The errors of the steps that failed in their last attempt.
        running: The steps that have started and aren't over.
    """

    graph: StepGraph
    settings: dict[str, StepSettings]
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def ready(self) -> list[str]:
        """Name the steps that may start now, in program order."""
        return [
            step.name
            for step in self.graph.steps
            if step.name not in self.done
            and step.name not in self.failed
            and step.name not in self.running
            and self.done.issuperset(step.after)
        ]

    def start(self, step: str) -> None:
        """Note that a step's first attempt starts."""
        self.running.add(step)

    def delay(self, step: str, attempt: int) -> float | None:
        """Say how many seconds to wait after a failed attempt, or None if it was the last.

        Args:
            step: The step.
            attempt: The number of the attempt that failed, from 0.
        """
        settings = self.settings.get(step, StepSettings())
        return settings.retry_delay if attempt < settings.retries else None

    def end(self, step: str, succeeded: bool, error: str | None) -> None:
        """Note how a step ended after its last attempt."""
        self.running.discard(step)
        if succeeded:
            self.done.add(step)
        else:
            self.failed[step] = error or "failed"

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing can start."""
        return not self.running and not self.ready()

    @property
    def verdict(self) -> tuple[str, str] | None:
        """The first step in program order that failed and its error, or None."""
        for step in self.graph.steps:
            if step.name in self.failed:
                return step.name, self.failed[step.name]
        return None
