"""Call a user's code plainly, in this process, and tell its failures from ours."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import Any

from lolpop.errors import LolpopError, WorkflowError

_OURS = Path(__file__).parents[1]


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
    with failing_as(label, method):
        return finished(method(*arguments, **keywords))


@contextmanager
def failing_as(label: str, method: Callable[..., Any] | None = None) -> Iterator[None]:
    """Turn what the user's code raises into a `WorkflowError` that names what was done.

    Args:
        label: What messages call it.
        method: What is called, to say where it stands if it can't be called like this.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        hint = error.hint if isinstance(error, LolpopError) else None
        if place := place_of(method, error):
            hint = f"what was called stands in {place}"
        raise WorkflowError(f"{label} failed: {said(error)}", hint=hint) from error


def place_of(function: object, error: BaseException) -> str | None:
    """Say where a user's function stands that can't be called like this, as `file:line`.

    Args:
        function: What was called.
        error: What came of it; None is given if its traceback leads into the function.
    """
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if not isinstance(error, TypeError) or code is None or _is_ours(code.co_filename):
        return None
    files = [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]
    return f"{code.co_filename}:{code.co_firstlineno}" if all(map(_is_ours, files[-1:])) else None


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(_OURS)


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
