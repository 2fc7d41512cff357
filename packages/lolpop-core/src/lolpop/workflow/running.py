"""Call a user's code plainly, in this process, and tell its failures from ours."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lolpop.errors import LolpopError, WorkflowError


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
    with failing_as(label):
        return finished(method(*arguments, **keywords))


@contextmanager
def failing_as(label: str) -> Iterator[None]:
    """Turn what the user's code raises into a `WorkflowError` that names what was done."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        hint = error.hint if isinstance(error, LolpopError) else None
        raise WorkflowError(f"{label} failed: {said(error)}", hint=hint) from error


def said(error: BaseException) -> str:
    """Write an exception as `Type: message`."""
    message = str(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def finished(result: Any) -> Any:
    """Await a coroutine, run a generator to its end; give any other result as it is."""
    if inspect.iscoroutine(result):
        return finished(asyncio.run(result))
    if inspect.isasyncgen(result):
        return asyncio.run(_collected(result))
    if inspect.isgenerator(result):
        return list(result)
    return result


async def _collected(generator: Any) -> list[Any]:
    return [item async for item in generator]
