"""Lists of any length, asked for page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")
_SIZE = 200
"""What Prefect's API gives at once at the most."""


def every(read: Callable[..., list[T]], **asked: Any) -> Iterator[T]:
    """Yield all that a method of the client finds.

    Args:
        read: The method, which takes a limit and an offset.
        asked: What else it is to be asked.
    """
    for page in count():
        found = read(**asked, limit=_SIZE, offset=page * _SIZE)
        yield from found
        if len(found) < _SIZE:
            return
