"""A value in a few words, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from reprlib import Repr
from typing import Any

LONGEST = 300
COLUMNS = 12
_LOOKED_AT = 10_000

Hide = Callable[[str], str]
"""Takes out of a text what nobody may read."""

_hide: ContextVar[Hide] = ContextVar("hide", default=str)


class _Short(Repr):
    """Hides before it shortens: half of a secret is one, too."""

    def repr_str(self, text: str, level: int) -> str:
        return super().repr_str(_hidden(text), level)

    def repr_instance(self, value: object, level: int) -> str:
        try:
            text = _hidden(repr(value))
        except Exception:  # a value's own `__repr__` may do anything
            return super().repr_instance(value, level)
        return super().repr_instance(_Written(text), level)


class _Written:
    """Something whose `repr` is known."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _hidden(text: str) -> str:
    """Hide what nobody may read in the parts of a text that may be shown."""
    hide = _hide.get()
    if len(text) <= 2 * _LOOKED_AT:
        return hide(text)
    return hide(text[:_LOOKED_AT]) + hide(text[-_LOOKED_AT:])


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxdict = _SHORT.maxlist = _SHORT.maxtuple = 8


@contextmanager
def hiding(hide: Hide) -> Iterator[None]:
    """Hide something in all previews that are made meanwhile."""
    token = _hide.set(hide)
    try:
        yield
    finally:
        _hide.reset(token)


def type_name(value: Any) -> str:
    """Give the name of a value's type, with its module unless it is a built-in one."""
    kind = type(value)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    # Python 3.13 alone says `pathlib._local`: the name must not depend on the version.
    return _full(kind).replace("pathlib._local.", "pathlib.")


def preview(value: Any) -> str:
    """Say what a value is: its type, its shape, the beginning of its text."""
    try:
        return _cut(_hide.get()(_described(value)))
    except Exception as error:  # a value's own `__repr__` may do anything
        return f"{type_name(value)} (its repr raises {type(error).__name__})"


def _full(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple):
        return _SHORT.repr(value)
    size = " x ".join(map(str, shape)) or "scalar"
    return f"{type(value).__name__} {size}{_columns(value)}"


def _columns(value: Any) -> str:
    columns = getattr(value, "columns", None)
    if columns is None:
        dtype = getattr(value, "dtype", None)
        return f" {dtype}" if dtype is not None else ""
    names = [str(name) for name in getattr(value, "column_names", columns)[:COLUMNS]]
    return ": " + ", ".join([*names, "…"] if len(columns) > COLUMNS else names)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
