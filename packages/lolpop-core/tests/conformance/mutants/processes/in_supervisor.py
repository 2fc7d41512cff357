"""What a mutant's supervisor does wrong."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from lolpop.contract import StepState
from lolpop.execution.request import REFUSED
from lolpop.local import making, stepping, walk, workers

_attempt = making.Making.attempt
_end = walk.Walk.end
_step = stepping.Stepping.step
_take = walk.Walk.take


def skip_what_succeeded() -> None:
    """Make no step whose output is there: not wrong, but what a rerun needs."""
    stepping.Stepping.step = lambda self, name: (
        None if self.session.run.output(name) else _step(self, name)
    )


def one_at_a_time() -> None:
    """Make one step after the other, whatever the order allows."""
    stepping.ThreadPoolExecutor = lambda width, **more: ThreadPoolExecutor(1, **more)


def late_ones_first() -> None:
    """Take what the data allow for the order, and of several steps the last."""

    def taken(self: Any) -> str | None:
        left = vars(self).setdefault("left", list(reversed(self.graph.steps)))
        ended = vars(self).setdefault("ended", set())
        for step in left:
            if {edge.source for edge in step.edges} <= ended:
                left.remove(step)
                return str(step.name)
        return None

    def ended(self: Any, step: str, error: str | None) -> None:
        self.ended |= {step} if error is None else set()
        _end(self, step, error)

    walk.Walk.take, walk.Walk.end = taken, ended


def go_on_after_a_failure() -> None:
    """Start what needs a failed step."""

    def end(self: Any, step: str, error: str | None) -> None:
        _end(self, step, None)
        if error is not None:
            self._open += 1
            _end(self, step, error)

    walk.Walk.end = end


def count_from_one() -> None:
    """Count attempts as most engines do."""
    making.Making.attempt = lambda self, request: _attempt(
        self, replace(request, engine_attempt=request.engine_attempt + 1)
    )


def count_nothing() -> None:
    """Call every attempt the first one."""
    making.Making.attempt = lambda self, request: _attempt(self, replace(request, engine_attempt=0))


def retry_fatal_errors() -> None:
    """Take a fatal error for any other one."""
    stepping.FATAL = -1


def kill_the_process_alone() -> None:
    """End a step's process, and nothing that it started."""

    def kill(self: Any, token: str) -> int:
        self.process.kill()
        return int(self.process.wait())

    workers.Worker.kill = kill


def retry_errors_alone() -> None:
    """Retry no step whose process died."""

    def attempt(self: Any, request: Any) -> Any:
        verdict = _attempt(self, request)
        return replace(verdict, code=REFUSED) if verdict.state is StepState.CRASHED else verdict

    making.Making.attempt = attempt


def cut_short_beside_a_failure() -> None:
    """End the steps that run when a later one fails."""
    failed = []

    def attempt(self: Any, request: Any) -> Any:
        stopped_by = self.stopped_by
        self.stopped_by = lambda: 15 if failed else stopped_by()
        verdict = _attempt(self, request)
        if verdict.state is StepState.FAILED and request.step == "work.right":
            failed.append(request.step)
        return verdict

    making.Making.attempt = attempt


def nothing_beside_a_failure() -> None:
    """Start no further step after a failure."""
    walk.Walk.take = lambda self: None if self.failure else _take(self)
