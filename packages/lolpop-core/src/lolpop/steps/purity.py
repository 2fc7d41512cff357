"""What may be done with known values while a workflow is captured: it changes nothing else."""

from __future__ import annotations

import datetime
import itertools
import logging
import math
import os.path
import pathlib
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, Flag
from fractions import Fraction
from typing import Any
from uuid import UUID

from lolpop.workflow.view import ConfigView


def _words(text: str) -> list[str]:
    return text.split()


PATHS: frozenset[type] = frozenset(
    {type(pathlib.Path()), pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PurePath}
)
NUMBERS = frozenset({int, float, complex, bool, Decimal, Fraction})
TIMES: frozenset[type] = frozenset(
    {datetime.date, datetime.datetime, datetime.time, datetime.timedelta}
)
SETS = frozenset({set, frozenset})
MUTABLE = frozenset({list, dict, set})
VIEWS = frozenset({type({}.keys()), type({}.values()), type({}.items())})
VALUES = frozenset(
    {
        *NUMBERS,
        *TIMES,
        *SETS,
        *PATHS,
        *VIEWS,
        *(str, bytes, list, tuple, dict, range, slice, type(None), type(...), ConfigView),
        *(UUID, datetime.timezone),
    }
)
"""The types whose operators are known to do nothing but give a value."""

_EXAMPLES: tuple[Any, ...] = (
    *((_ for _ in range(0)), zip(), enumerate(()), reversed([]), reversed({0: 0})),
    *(iter([]), iter(()), iter({}), iter({}.values()), iter({}.items()), iter(range(0))),
    *(iter(""), itertools.chain(), itertools.product(), itertools.repeat(1)),
    *(itertools.count(), itertools.cycle(()), itertools.islice((), 0)),
    *(itertools.zip_longest(()), itertools.permutations(()), itertools.compress((), ())),
    *(itertools.combinations((), 0), itertools.combinations_with_replacement((), 0)),
    itertools.chain.from_iterable([]),
)
ITERATORS = frozenset(map(type, _EXAMPLES))


def _public(kind: type, *without: str) -> frozenset[str]:
    return frozenset(name for name in dir(kind) if name[0] != "_" and name not in without)


_PATH_METHODS = frozenset(
    (
        *_words("as_posix as_uri is_absolute is_relative_to joinpath match full_match relative_to"),
        *_words("with_name with_stem with_suffix"),
    )
)
_TIME_METHODS = frozenset(
    (
        *_words("isoformat strftime replace weekday isoweekday isocalendar date time timetz"),
        *_words("total_seconds toordinal utcoffset tzname"),
    )
)
METHODS: dict[type, frozenset[str]] = {
    **{kind: _public(kind) for kind in (str, bytes, list, tuple, dict, set, frozenset, range)},
    **{kind: _public(kind) for kind in (*NUMBERS, *VIEWS)},
    **dict.fromkeys(PATHS, _PATH_METHODS),
    **dict.fromkeys(TIMES, _TIME_METHODS),
    ConfigView: frozenset({"get", "keys", "values", "items"}),
}
"""The methods that only give a value, and those that change the object itself."""

MUTATORS: dict[type, frozenset[str]] = {
    list: frozenset({"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"}),
    dict: frozenset({"update", "setdefault", "pop", "popitem", "clear"}),
    set: _public(set) - _public(frozenset),
}

_PATH_ATTRIBUTES = frozenset(
    (*_words("name stem suffix suffixes parent parents parts anchor drive root"),)
)
_TIME_ATTRIBUTES = frozenset(
    (
        *_words(
            "year month day hour minute second microsecond tzinfo fold days seconds microseconds"
        ),
    )
)
ATTRIBUTES: dict[type, frozenset[str]] = {
    **dict.fromkeys(PATHS, _PATH_ATTRIBUTES),
    **dict.fromkeys(TIMES, _TIME_ATTRIBUTES),
    **dict.fromkeys(NUMBERS, frozenset({"real", "imag", "numerator", "denominator"})),
    range: frozenset({"start", "stop", "step"}),
    slice: frozenset({"start", "stop", "step"}),
}

_FUNCTIONS: tuple[Any, ...] = (
    *(abs, all, any, ascii, bin, bool, bytes, chr, complex, dict, divmod, enumerate, float),
    *(format, frozenset, hex, int, iter, len, list, max, min, next, oct, ord, pow, range, repr),
    *(reversed, round, set, slice, sorted, str, sum, tuple, zip),
    *PATHS,
    pathlib.Path,
    *TIMES,
    *(Decimal, Fraction, UUID, datetime.timezone),
    *(getattr(math, name) for name in dir(math) if callable(getattr(math, name))),
    *(itertools.chain, itertools.combinations, itertools.combinations_with_replacement),
    *(itertools.compress, itertools.count, itertools.cycle, itertools.islice),
    *(itertools.permutations, itertools.product, itertools.repeat, itertools.zip_longest),
    *(os.path.join, os.path.basename, os.path.dirname, os.path.splitext, os.path.normpath),
)
FUNCTIONS: dict[int, Any] = {id(each): each for each in _FUNCTIONS}
"""Functions that only give a value, by their id."""

ORDERLESS = frozenset(map(id, (len, sorted, set, frozenset, min, max, any, all, bool)))
"""Those for which the order of a set makes no difference."""

CLASS_METHODS = frozenset(
    {
        (dict, "fromkeys"),
        (itertools.chain, "from_iterable"),
        *((kind, "fromisoformat") for kind in (datetime.date, datetime.datetime, datetime.time)),
        *((kind, "fromordinal") for kind in (datetime.date, datetime.datetime)),
        *((datetime.datetime, name) for name in ("strptime", "combine")),
        *((datetime.date, name) for name in ("fromisocalendar",)),
        (str, "maketrans"),
    }
)
LOG_METHODS = frozenset((*_words("debug info warning warn error critical exception log"),))
LOG_FUNCTIONS = frozenset(id(getattr(logging, name)) for name in LOG_METHODS)
LOGGERS: tuple[type, ...] = (logging.Logger, logging.LoggerAdapter)


def is_plain(value: object) -> bool:
    """Whether the operators of a value are known."""
    return type(value) in VALUES or is_member(value)


def is_member(value: object) -> bool:
    """Whether a value is a member of an enum that defines no operators of its own."""
    kind = type(value)
    return issubclass(kind, Enum) and not (_own_names(kind) & _OPERATORS)


def _own_names(kind: type) -> set[str]:
    known = (Enum, Flag)
    return {
        name
        for cls in kind.__mro__
        if cls.__module__ not in ("enum", "builtins") and cls not in known
        for name in vars(cls)
    }


_OPERATORS = frozenset(
    f"__{name}__"
    for name in [
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "bool",
        "str",
        "repr",
        "format",
        "hash",
        "add",
        "radd",
        "sub",
        "mul",
        "truediv",
        "len",
        "iter",
        "contains",
        "getitem",
        "call",
        "getattr",
        "getattribute",
    ]
) - {"__str__", "__repr__", "__format__", "__hash__"}


def has_set(values: Iterable[object]) -> bool:
    """Whether one of several values is a set, whose order is chance."""
    return any(type(value) in SETS for value in values)
