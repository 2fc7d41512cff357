"""Call a workflow's entrypoint plainly, in this process."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lolpop.errors import WorkflowError


def call(
    method: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any], label: str
) -> Any:
    """Call an entrypoint; a coroutine is awaited, a generator run to its end.

    Args:
        method: The bound, decorated method.
        arguments: Its arguments.
        keywords: Its keyword arguments.
        label: What messages call it.

    Raises:
        WorkflowError: It raised; the exception is the cause.
    """
    try:
        return _finished(method(*arguments, **keywords))
    except (Exception, SystemExit) as error:
        raise WorkflowError(f"{label} failed: {type(error).__name__}: {error}") from error


def _finished(result: Any) -> Any:
    if inspect.iscoroutine(result):
        return _finished(asyncio.run(result))
    if inspect.isasyncgen(result):
        return asyncio.run(_collected(result))
    if inspect.isgenerator(result):
        return list(result)
    return result


async def _collected(generator: Any) -> list[Any]:
    return [item async for item in generator]
