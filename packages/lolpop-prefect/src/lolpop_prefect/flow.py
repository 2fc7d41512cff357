"""The flow of every deployment: Prefect imports `walk` in the process of a run."""

from __future__ import annotations

import os
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect import Flow

_WIDTH = max(2, os.cpu_count() or 1)
"""How many steps run at once, where the order lets them."""

_MISSED = "Its time was missed: the schedule's next run is due, and missed ones aren't made up for."


def __getattr__(name: str) -> Any:
    # Made for the run whose process this is: Prefect calls a flow by the names of parameters.
    if name != "walk":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _flow()


def _flow() -> Flow[..., Any]:
    from prefect import Flow
    from prefect.runtime import flow_run
    from prefect.task_runners import ThreadPoolTaskRunner

    runner: Any = ThreadPoolTaskRunner(max_workers=_WIDTH)

    def walk(**given: Any) -> Any:
        """Make the steps of a workflow, each in a process of its own."""
        return _walked()

    made: Flow[..., Any] = Flow(
        walk,
        name=flow_run.flow_name or "lolpop",
        validate_parameters=False,
        persist_result=False,
        task_runner=runner,
    )
    names = [Parameter(name, Parameter.KEYWORD_ONLY) for name in flow_run.parameters]
    # Only now, or Prefect would refuse names that it uses itself.
    walk.__signature__ = Signature(names)  # type: ignore[attr-defined]
    return made


def _walked() -> Any:
    from prefect.client.orchestration import get_client
    from prefect.context import FlowRunContext
    from prefect.states import Cancelled

    from lolpop_prefect.job import Pointer
    from lolpop_prefect.lateness import is_missed
    from lolpop_prefect.walking import Walk

    context = FlowRunContext.get()
    assert context
    assert context.flow_run
    pointer = Pointer.read()
    with get_client(sync_client=True) as client:
        if is_missed(client, context.flow_run, pointer.job().spec):
            return Cancelled(message=_MISSED)
    return Walk(pointer, context.flow_run).run()
