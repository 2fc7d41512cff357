"""Calls of a workflow's methods, as one run on Dagster: for `lolpop run workflow`.

Dagster plans a run before it starts, and plain Python decides as it goes: so the run has one op,
and each call beneath it is an event.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any

import dagster as dg

from lolpop.errors import EngineError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.materializing import valued
from lolpop_dagster.naming import op_of
from lolpop_dagster.stepping import unannotated

_HOME = "DAGSTER_HOME"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""What the run says is in its log; the terminal is the workflow's own."""


class Tracking:
    """Wraps methods so that their calls show on Dagster.

    Args:
        config: The orchestrator's config.

    Raises:
        EngineError: The folder of the instance isn't there.
    """

    def __init__(self, config: DagsterConfig) -> None:
        # What Dagster's database does would be told among the lines of the workflow.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self.config = config
        self._home = _home(config.dagster_home)
        self._run: _Run | None = None

    def wrap(self, func: Callable[..., Any], instance: Any) -> Callable[..., Any] | None:
        """Wrap one bound method; None for generators, which end before their first line.

        The runner's methods begin the run, whether its calls show in it or not.
        """
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            return None
        shows, begins = instance.kind in self.config.tracked, instance.kind == "runner"
        if not shows and not begins:
            return None
        name = f"{instance.name}.{func.__name__}"
        if inspect.iscoroutinefunction(func):
            return self._awaited(func, name) if shows else None

        @wraps(func)
        def tracked(*args: Any, **keywords: Any) -> Any:
            call = partial(func, *args, **keywords)
            if self._run is None and begins:
                return self._started(type(instance).__name__, func.__name__, call)
            if self._run is None or not shows:
                return call()
            return self._run.told(name, call)

        return tracked

    def _awaited(self, func: Callable[..., Awaitable[Any]], name: str) -> Callable[..., Any]:
        @wraps(func)
        async def tracked(*args: Any, **keywords: Any) -> Any:
            if self._run is None:  # an event loop runs, and Dagster's op can't wait in it
                return await func(*args, **keywords)
            with self._run.event(name) as ended:
                value = await func(*args, **keywords)
                ended(value)
            return value

        return tracked

    def _started(self, job: str, op: str, call: Callable[[], Any]) -> Any:
        """Make a call the one op of a run; its value or error is what it would be without."""
        run = _Run(call, self.config.materialize_from)
        self._run = run
        try:
            with _instance(self._home) as instance:
                _job(job, op, run).execute_in_process(
                    run_config=_QUIET, instance=instance, raise_on_error=False
                )
        finally:
            self._run = None
        return run.outcome()


class _Run:
    """One run: the call that it makes, and the events of the calls beneath."""

    def __init__(self, call: Callable[[], Any], size: int) -> None:
        self.call = call
        self.size = size
        self.context: Any = None
        self.ended = False
        self.value: Any = None
        self.error: BaseException | None = None

    def make(self, context: Any, inputs: Any) -> Iterator[Any]:
        """Make the call, within the op."""
        self.context = context
        try:
            self.value = self.call()
        except BaseException as error:
            self.error = error
            raise
        finally:
            self.ended = True
        yield dg.Output(None, metadata=valued(self.value, self.size) or {})

    def outcome(self) -> Any:
        """Give what the call gave, or raise what it raised."""
        if isinstance(self.error, dg.DagsterExecutionInterruptedError):
            raise KeyboardInterrupt from None
        if self.error is not None:
            raise self.error
        if not self.ended:
            raise EngineError(
                "Dagster ended the run before the workflow began",
                hint="`dagster instance info` says what is wrong with the instance",
            )
        return self.value

    def told(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call beneath, and tell of it."""
        with self.event(name) as ended:
            value = call()
            ended(value)
        return value

    @contextmanager
    def event(self, name: str) -> Iterator[Callable[[Any], None]]:
        """Tell of a call when it has ended: how long it took, what it gave or raised."""
        began = time.perf_counter()
        try:
            yield lambda value: self._gave(name, time.perf_counter() - began, value)
        except Exception as error:
            self._failed(name, time.perf_counter() - began, error)
            raise

    def _failed(self, name: str, seconds: float, error: Exception) -> None:
        with _harmless():
            trace = "".join(traceback.format_exception(error)).rstrip()
            self.context.log.error(f"{name} failed after {seconds:.3f} s\n{trace}")

    def _gave(self, name: str, seconds: float, value: Any) -> None:
        with _harmless():
            self.context.log.info(f"{name} took {seconds:.3f} s")
            if metadata := valued(value, self.size):
                asset = dg.AssetMaterialization(
                    asset_key=name.split("."),
                    description=metadata.get("preview"),
                    metadata={**metadata, "seconds": seconds},
                )
                self.context.log_event(asset)


@contextmanager
def _harmless() -> Iterator[None]:
    """Keep what is said of a call from failing it."""
    try:
        yield
    except Exception as error:
        sys.stderr.write(f"lolpop-dagster: an event is lost: {error!r}\n")


def _job(name: str, op: str, run: _Run) -> dg.JobDefinition:
    made = dg.OpDefinition(
        compute_fn=unannotated(lambda context, inputs: run.make(context, inputs)),
        name=op_of(op),
        outs={"result": dg.Out(dg.Nothing)},
    )
    graph = dg.GraphDefinition(name=op_of(name), node_defs=[made])
    return graph.to_job(tags={"lolpop/run": "workflow"})


def _home(named: Path | None) -> str | None:
    """Give the folder of the instance that is named, or that of the environment, or None."""
    wanted = str(named) if named else os.environ.get(_HOME)
    if wanted and not Path(wanted).is_dir():
        raise EngineError(
            f"there is no folder {wanted!r} for Dagster's instance",
            hint="make it, or name another one by DAGSTER_HOME or `dagster_home` in the"
            " orchestrator's config",
        )
    return wanted or None


@contextmanager
def _instance(home: str | None) -> Iterator[dg.DagsterInstance | None]:
    """Open an instance; without one Dagster makes one that is gone with the process."""
    if home is None:
        yield None
        return
    kept = os.environ.get(_HOME)
    os.environ[_HOME] = home
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    finally:
        del os.environ[_HOME]
        os.environ.update({_HOME: kept} if kept is not None else {})
