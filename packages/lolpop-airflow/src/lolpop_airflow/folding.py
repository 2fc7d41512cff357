"""Calls beneath a step as folded groups of lines in its task's log."""

from __future__ import annotations

import inspect
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import current_thread, main_thread
from typing import Any

from lolpop.execution.asides import aside, heard

STEP = "LOLPOP_FOLDED_STEP"
"""What a task's step is called, for the process that makes it."""

BEGINNING, END = "::group::", "::endgroup::"
"""How Airflow is told which lines it may fold."""


class Folding:
    """Wraps methods so that the lines of each call are a group.

    The step's own call isn't one: all of its log would be folded.
    """

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._outermost = os.environ.get(STEP, "").partition("[")[0]

    def wrap(self, func: Callable[..., Any], instance: Any) -> Callable[..., Any] | None:
        """Wrap one bound method; None where nobody would read it, and for what yields."""
        generates = inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func)
        if not heard() or instance.kind == "runner" or generates:
            return None
        name = f"{instance.name}.{func.__name__}"
        make = self._awaited if inspect.iscoroutinefunction(func) else self._called
        return make(func, name)

    def _called(self, func: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(func)
        def folded(*args: Any, **keywords: Any) -> Any:
            with self._group(name):
                return func(*args, **keywords)

        return folded

    def _awaited(self, func: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(func)
        async def folded(*args: Any, **keywords: Any) -> Any:
            with self._group(name):
                return await func(*args, **keywords)

        return folded

    @contextmanager
    def _group(self, name: str) -> Iterator[None]:
        if self._outermost == name:
            self._outermost = ""
            yield
            return
        if current_thread() is not main_thread():  # its lines stand among those of others
            yield
            return
        self._numbers[name] += 1
        number = self._numbers[name]
        aside(f"{BEGINNING}{name}" + (f"[{number}]" if number > 1 else ""))
        try:
            yield
        finally:
            aside(END)
