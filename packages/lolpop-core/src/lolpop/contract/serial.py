"""Write contract values as JSON and read them back.

Readers ignore fields they don't know, so that a file of a newer minor release still opens.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from math import isfinite, nan
from pathlib import Path
from reprlib import repr as short
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from lolpop.errors import ContractError

SCHEMA_VERSION = 1
"""The version of the files made of contract values; it rises when an old reader would err."""

T = TypeVar("T")


def to_json(value: object) -> Any:
    """Turn a contract value into what `json.dumps` takes.

    Args:
        value: A contract value, or anything that its fields may hold.

    Returns:
        Dictionaries with string keys, lists, strings, finite numbers, booleans and None.
        Times become ISO 8601 in UTC, enum members their values, paths strings.

    Raises:
        ContractError: Something in it isn't one of these; the message says where.
    """
    return _write(value, type(value).__name__)


def from_json(kind: type[T], data: object) -> T:
    """Build a contract value from what `json.loads` gave.

    Args:
        kind: The dataclass to build.
        data: The JSON object; keys that aren't fields of `kind` are ignored.

    Raises:
        ContractError: A field is missing or has another type; the message says which.
    """
    return cast(T, _read(kind, data, kind.__name__))


def canonical_json(value: object) -> bytes:
    """Write a contract value as the one form that digests are made of.

    Keys are sorted, nothing is indented, everything outside ASCII is escaped.
    """
    return json.dumps(to_json(value), sort_keys=True, separators=(",", ":")).encode("ascii")


def _write(value: Any, where: str) -> Any:
    if value is None or isinstance(value, (str, int)):
        return value
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: _write(getattr(value, name), f"{where}.{name}") for name in _names(kind)}
    if isinstance(value, Mapping):
        return {_key(key, where): _write(each, f"{where}[{key!r}]") for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_write(each, f"{where}[{index}]") for index, each in enumerate(value)]
    return _write_scalar(value, where)


def _write_scalar(value: object, where: str) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return _write_time(value, where)
    if isinstance(value, float) and isfinite(value):
        return value
    return _mismatch("a value that JSON can hold", value, where)


def _write_time(value: datetime, where: str) -> str:
    if value.tzinfo is None:
        _mismatch("a time with its offset", value.isoformat(), where)
    return value.astimezone(UTC).isoformat()


def _key(key: object, where: str) -> str:
    return key if isinstance(key, str) else _mismatch("string keys", key, where)


def _read(hint: Any, found: object, where: str) -> Any:
    return _reader(hint)(hint, found, where)


@cache
def _reader(hint: Any) -> Callable[[Any, object, str], Any]:
    origin = get_origin(hint) or hint
    if origin in (Union, UnionType):
        return _read_union
    if is_dataclass(origin):
        return _read_dataclass
    if origin in _READERS:
        return _READERS[origin]
    if issubclass(origin, Enum):
        return _read_enum
    raise TypeError(f"contract values can't have fields of type {hint!r}")


def _read_dataclass(kind: Any, found: object, where: str) -> Any:
    data = found if isinstance(found, Mapping) else _mismatch("an object", found, where)
    given = {}
    for name, (hint, required) in _fields(kind).items():
        if name in data:
            given[name] = _read(hint, data[name], f"{where}.{name}")
        elif required:
            names = ", ".join(repr(key) for key in data) or "nothing"
            raise ContractError(f"{where}: the field {name!r} is missing, found {names}")
    return kind(**given)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {each.name: (hints[each.name], _required(each)) for each in fields(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def _required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _read_union(hint: Any, found: object, where: str) -> Any:
    options = get_args(hint)
    if found is None and NoneType in options:
        return None
    kinds = [option for option in options if option is not NoneType]
    if len(kinds) == 1:
        return _read(kinds[0], found, where)
    if type(found) in kinds:  # several kinds are always scalars: `int | str`
        return found
    return _mismatch(" or ".join(kind.__name__ for kind in kinds), found, where)


def _read_enum(kind: Any, found: object, where: str) -> Any:
    for member in kind:
        if member.value == found:
            return member
    return _mismatch("one of " + ", ".join(repr(member.value) for member in kind), found, where)


def _read_tuple(hint: Any, found: object, where: str) -> tuple[Any, ...]:
    items = found if isinstance(found, list | tuple) else _mismatch("a list", found, where)
    kind = get_args(hint)[0]
    return tuple(_read(kind, each, f"{where}[{index}]") for index, each in enumerate(items))


def _read_mapping(hint: Any, found: object, where: str) -> dict[str, Any]:
    data = found if isinstance(found, Mapping) else _mismatch("an object", found, where)
    kind = get_args(hint)[1]
    return {_key(key, where): _read(kind, each, f"{where}[{key!r}]") for key, each in data.items()}


def _read_string(hint: Any, found: object, where: str) -> str:
    return found if isinstance(found, str) else _mismatch("a string", found, where)


def _read_path(hint: Any, found: object, where: str) -> Path:
    return Path(_read_string(hint, found, where))


def _read_boolean(hint: Any, found: object, where: str) -> bool:
    return found if isinstance(found, bool) else _mismatch("true or false", found, where)


def _read_integer(hint: Any, found: object, where: str) -> int:
    whole = isinstance(found, int) and not isinstance(found, bool)
    return cast(int, found) if whole else _mismatch("a whole number", found, where)


def _read_number(hint: Any, found: object, where: str) -> float:
    number = isinstance(found, int | float) and not isinstance(found, bool)
    try:
        value = float(cast(float, found)) if number else nan
    except OverflowError:  # a whole number of many digits
        value = nan
    return value if isfinite(value) else _mismatch("a number", found, where)


def _read_time(hint: Any, found: object, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(_read_string(hint, found, where))
        # Where it is in UTC beyond all years, nobody could write it again.
        return time.astimezone(UTC) if time.tzinfo else _no_time(found, where)
    except (ContractError, ValueError, OverflowError):
        return _no_time(found, where)


def _no_time(found: object, where: str) -> NoReturn:
    _mismatch("an ISO 8601 time with its offset", found, where)


def _mismatch(expected: str, found: object, where: str) -> NoReturn:
    raise ContractError(f"{where}: expected {expected}, found {short(found)}")


_READERS: Mapping[Any, Callable[[Any, object, str], Any]] = {
    Any: lambda hint, found, where: _write(found, where),
    str: _read_string,
    Path: _read_path,
    bool: _read_boolean,
    int: _read_integer,
    float: _read_number,
    datetime: _read_time,
    tuple: _read_tuple,
    Mapping: _read_mapping,
}
