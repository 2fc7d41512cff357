"""One run: the captured graph, walked; each step a task of Prefect's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lolpop.contract import Order, Step
from lolpop.execution.child import FINAL, GRACE, Child
from lolpop.execution.processes import VARIABLE
from lolpop.execution.request import SUCCEEDED, Request, command
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop_prefect.job import Pointer, joined
from lolpop_prefect.nesting import hand_over
from lolpop_prefect.outcome import exception_of, plain

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.futures import PrefectFuture

_SLACK = GRACE + 15.0
"""Seconds after which Prefect ends a step itself, if the step command hasn't in time."""


class Walk:
    """Makes the steps of one run.

    Args:
        pointer: What the deployment points at.
        run: Prefect's run.
    """

    def __init__(self, pointer: Pointer, run: FlowRun) -> None:
        from prefect.logging import get_run_logger

        parameters = joined(run.parameters, pointer.storage)
        self.record = pointer.record(str(run.id), parameters)
        # A rerun goes on with what the run has begun with, whatever is deployed by now.
        self.job = pointer.job(self.record.start.deployment_digest)
        self.manifest = read_manifest(Store(pointer.storage), self.record.package_digest)
        self.logger = get_run_logger()
        self.states: dict[str, State[Any]] = {}
        self.children: list[Child] = []
        self.final: set[str] = set()
        self.decorate = pointer.decorate
        self.is_ending = False

    def run(self) -> State[Any]:
        """Make every step that can be made; give the state that the run ends in."""
        steps = [step for step in self.manifest.graph.steps if not self._is_done(step)]
        order = self.manifest.graph.order
        try:
            (self._side_by_side if order is Order.DATA else self._one_by_one)(steps)
        finally:
            self._end()
        return self._verdict(steps)

    def _is_done(self, step: Step) -> bool:
        """Whether a step succeeded before Prefect ran the run again."""
        done = self.record.output(step.name) is not None
        if done:
            self.logger.info("%s has succeeded before; its output is used", step.name)
        return done

    def _one_by_one(self, steps: list[Step]) -> None:
        for step in steps:
            state = self._task(step)(return_state=True, wait_for=self._before(step))
            self.states[step.name] = state
            if not state.is_completed():
                return

    def _side_by_side(self, steps: list[Step]) -> None:
        """Submit each step as soon as those that it needs have succeeded."""
        ended: SimpleQueue[tuple[str, PrefectFuture[Any]]] = SimpleQueue()
        waiting = {step.name: step for step in steps}
        open_ones = set(waiting)
        running = 0
        while True:
            for step in [each for each in waiting.values() if not open_ones & {*each.after}]:
                del waiting[step.name]
                future = self._task(step, threaded=True).submit(wait_for=self._before(step))
                future.add_done_callback(_noted(step.name, ended))
                running += 1
            if not running:
                return
            name, future = ended.get()
            running -= 1
            future.wait()  # it has ended, but only now gives its last state
            self.states[name] = future.state
            if future.state.is_completed():
                open_ones.discard(name)

    def _before(self, step: Step) -> list[State[Any]]:
        """Give the states of the steps before one, which draw its lines on Prefect's page."""
        return [self.states[name] for name in step.after if name in self.states]

    def _task(self, step: Step, threaded: bool = False) -> Task[Any, Any]:
        from prefect import Task
        from prefect.cache_policies import NO_CACHE

        settings = self.job.spec.settings(step.name)
        # Prefect can't interrupt a thread: there the step command's own limit holds alone.
        limit = None if settings.timeout is None or threaded else settings.timeout + _SLACK
        return Task(
            fn=lambda: self._attempt(step),
            name=step.name,
            task_run_name=lambda: step.name,
            description=step.doc,
            tags=["/".join(step.group)] if step.group else None,
            retries=settings.retries,
            retry_delay_seconds=settings.retry_delay,
            retry_condition_fn=lambda task, run, state: self._may_retry(step),
            timeout_seconds=limit,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    def _may_retry(self, step: Step) -> bool:
        over = self.is_ending or self.record.stopping
        return step.name not in self.final and not over

    def _attempt(self, step: Step) -> None:
        """Make one attempt of a step.

        Raises:
            StepError: It failed.
        """
        from prefect.logging import get_run_logger

        with TemporaryDirectory(prefix="lolpop-") as folder:
            variables = hand_over(Path(folder)) if self.decorate else {}
            say = get_run_logger().info
            line, environment = self._command(step), _environment(variables)
            child = Child(line, self.record.parameters, environment, say)
            self.children.append(child)
            if self.is_ending:  # what is asked to end before it starts never does
                child.ask()
            code = child.wait()
        if code in FINAL:
            self.final.add(step.name)
        if code != SUCCEEDED:
            raise exception_of(code, child.last)

    def _command(self, step: Step) -> list[str]:
        from prefect.context import TaskRunContext

        context = TaskRunContext.get()
        assert context
        spec = self.job.spec
        request = Request(
            storage=spec.storage,
            package=self.record.package_digest,
            ref=self.record.ref,
            step=step.name,
            engine_attempt=context.task_run.run_count - 1,
            timeout=spec.settings(step.name).timeout,
            decorate=self.decorate,
        )
        return command(request, spec.interpreter)

    def _end(self) -> None:
        """End what still runs: all that has begun, if a signal ends the run."""
        self.is_ending = True  # first, or a step that ends now would be tried again
        for child in self.children:
            child.ask()
        for child in self.children:
            child.end()

    def _verdict(self, steps: list[Step]) -> State[Any]:
        from prefect.states import Cancelled, Completed, Failed

        bad = [*self._failures(steps)]
        if bad and self.record.stopping:
            return Cancelled(message="The run was stopped.")
        if bad:
            return Failed(message=bad[0])
        return Completed(message="All steps succeeded.")

    def _failures(self, steps: list[Step]) -> Iterator[str]:
        for step in steps:
            state = self.states.get(step.name)
            if state is not None and not state.is_completed():
                yield f"{step.name}: {plain(state.message)}"


def _noted(
    name: str, ended: SimpleQueue[tuple[str, PrefectFuture[Any]]]
) -> Callable[[PrefectFuture[Any]], None]:
    return lambda future: ended.put((name, future))


def _environment(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Give a step command its environment; a run that a step started isn't that step's."""
    return {**{key: value for key, value in os.environ.items() if key != VARIABLE}, **variables}
