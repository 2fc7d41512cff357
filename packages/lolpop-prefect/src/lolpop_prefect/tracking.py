"""Calls of a workflow's methods, as a flow run and tasks: for `run workflow`, and inside of steps.

Arguments never travel to Prefect: a task is given the call that it makes, and nothing else.
"""

from __future__ import annotations

import inspect
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import count
from typing import TYPE_CHECKING, Any

from lolpop.errors import UsageError, nearest
from lolpop_prefect.config import Kind, PrefectConfig
from lolpop_prefect.connecting import check_server, settings
from lolpop_prefect.nesting import handed_over, within_step

if TYPE_CHECKING:
    from prefect import Flow, Task

_OURS = {"flow_kwargs": {"fn", "name"}, "task_kwargs": {"fn", "name", "task_run_name"}}
"""The arguments that are the call itself, and what it is called."""


class Tracking:
    """Wraps methods so that their calls show on Prefect.

    Args:
        config: The orchestrator's config.

    Raises:
        EngineUnreachableError: A server is named, and nothing answers there.
        EngineError: It refuses the credentials, or isn't a Prefect of this major version.
        UsageError: Prefect doesn't know an argument that the config gives it, or lolpop sets it.
    """

    def __init__(self, config: PrefectConfig) -> None:
        from prefect import Flow, Task

        # Each request of the client would be told among the lines of the workflow.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self.config = config
        self.flow_arguments = _checked("flow_kwargs", config.flow_kwargs, Flow)
        self.task_arguments = _checked("task_kwargs", config.task_kwargs, Task)
        self._numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
        if not within_step():
            check_server(config)

    def wrap(self, func: Callable[..., Any], instance: Any) -> Callable[..., Any] | None:
        """Wrap one bound method; None for generators, which end before their first line."""
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            return None
        name = f"{instance.name}.{func.__name__}"
        make = _Awaited if inspect.iscoroutinefunction(func) else _Called
        return make(self, func, name, instance.kind).wrapped()

    def task(self, name: str, call: Callable[..., Any]) -> Task[..., Any]:
        """Make the task of a method, named as the method's steps are."""
        from prefect import Task
        from prefect.cache_policies import NO_CACHE

        # What a step prints is kept with its record: there Prefect isn't to take it.
        prints = not within_step()
        given = {"cache_policy": NO_CACHE, "persist_result": False, "log_prints": prints}
        return Task(
            fn=call,
            name=name,
            task_run_name=lambda: self._numbered(name),
            **{**given, **self.task_arguments},
        )

    def flow(self, name: str, call: Callable[[], Any]) -> Flow[..., Any]:
        """Make the flow of one call of a method."""
        from prefect import Flow

        self._numbers.clear()
        given = {"validate_parameters": False, "persist_result": False, "log_prints": True}
        return Flow(call, name=name, **{**given, **self.flow_arguments})

    def starts_flow(self, kind: Kind) -> bool:
        """Whether a call starts a flow run: where there is none, and its kind is to."""
        return not _in_flow() and kind in self.config.flow_integration

    def is_task(self, kind: Kind) -> bool:
        """Whether a call shows as a task: within a flow run, if its kind is to."""
        return kind in self.config.task_integration and _in_flow()

    def _numbered(self, name: str) -> str:
        number = next(self._numbers[name])
        return name if number == 1 else f"{name}[{number}]"


class _Called:
    """A plain method, and how its calls are tracked."""

    def __init__(self, tracking: Tracking, func: Callable[..., Any], name: str, kind: Kind) -> None:
        self.tracking = tracking
        self.func = func
        self.name = name
        self.kind = kind
        self.task = tracking.task(name, self.task_function())

    def task_function(self) -> Callable[..., Any]:
        return _make

    def wrapped(self) -> Callable[..., Any]:
        @wraps(self.func)
        def tracked(*args: Any, **keywords: Any) -> Any:
            if self.tracking.is_task(self.kind):
                return self.task(partial(self.func, *args, **keywords))
            if within_step() and not _in_flow():
                with handed_over():
                    return self.func(*args, **keywords)
            if not self.tracking.starts_flow(self.kind):
                return self.func(*args, **keywords)
            with settings(self.tracking.config):
                return self.tracking.flow(self.name, lambda: self.func(*args, **keywords))()

        return tracked


class _Awaited(_Called):
    """An asynchronous method."""

    def task_function(self) -> Callable[..., Any]:
        return _make_awaited

    def wrapped(self) -> Callable[..., Any]:
        @wraps(self.func)
        async def tracked(*args: Any, **keywords: Any) -> Any:
            if self.tracking.is_task(self.kind):
                made = self.task(partial(self.func, *args, **keywords))
                return await made
            if within_step() and not _in_flow():
                with handed_over():
                    return await self.func(*args, **keywords)
            if not self.tracking.starts_flow(self.kind):
                return await self.func(*args, **keywords)

            async def call() -> Any:
                return await self.func(*args, **keywords)

            with settings(self.tracking.config):
                running: Any = self.tracking.flow(self.name, call)()
                return await running

        return tracked


def _make(call: Callable[[], Any]) -> Any:
    return call()


async def _make_awaited(call: Callable[[], Any]) -> Any:
    return await call()


def _in_flow() -> bool:
    from prefect.context import FlowRunContext

    return FlowRunContext.get() is not None


def _checked(key: str, given: dict[str, Any], cls: Callable[..., Any]) -> dict[str, Any]:
    """Refuse arguments that Prefect doesn't know, or that are ours to give."""
    known = set(inspect.signature(cls).parameters) - _OURS[key]
    for name in given:
        if name in _OURS[key]:
            raise UsageError(f"{key}: lolpop sets {name!r} itself", hint="leave it out")
        if name not in known:
            likely = nearest(name, known)
            hint = f"did you mean {likely!r}?" if likely else f"there is {', '.join(sorted(known))}"
            raise UsageError(f"{key}: Prefect's {cls.__name__} takes no {name!r}", hint=hint)
    return given
