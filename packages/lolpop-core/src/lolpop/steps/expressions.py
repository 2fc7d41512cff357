"""The arguments of a step's call and the result of a workflow, as JSON."""

from __future__ import annotations

import base64
import io
import json
import math
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any
from uuid import UUID

from lolpop.config.env import EnvRef
from lolpop.config.expressions import parse
from lolpop.errors import ContractError, WorkflowError
from lolpop.steps.references import (
    Key,
    Output,
    Parameter,
    StandIn,
    Variable,
    is_reference,
    label,
    place,
)
from lolpop.workflow.integration import Integration

Expr = Mapping[str, Any]
Outputs = Callable[[str, tuple[Key, ...]], Any]
REST = "**"
"""The keyword under which a call holds a mapping of further keywords."""

_IMMUTABLE = (
    *(date, time, timedelta, timezone, Decimal, Fraction, UUID, Enum, frozenset),
    *(complex, bytes, float, int, type, range, FunctionType, BuiltinFunctionType),
)


def encode(value: object) -> Expr:
    """Write a value as an expression.

    Raises:
        ContractError: It can't be written, or not so that it comes back the same.
    """
    return Encoder().encode(value)


class Encoder:
    """Writes the values of one call; one object may not come twice, for it would become two.

    Args:
        folder: The project folder; a value that has its path in it can't be written, since
            steps run in another folder.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._seen: dict[int, object] = {}

    def encode(self, value: Any) -> Expr:
        """Write one value."""
        kind = type(value)
        if kind not in _WRITERS:
            return self._pickled(value)
        written: Expr = getattr(self, f"_write_{_WRITERS[kind]}")(value)
        return written

    def _write_plain(self, value: Any) -> Expr:
        return {"value": value}

    def _write_text(self, value: str) -> Expr:
        self._check_place(value)
        return {"value": value}

    def _write_number(self, value: float) -> Expr:
        return {"value": value} if math.isfinite(value) else self._pickled(value)

    def _write_path(self, value: Path) -> Expr:
        self._check_place(str(value))
        return {"path": str(value)}

    def _write_reference(self, value: object) -> Expr:
        found = place(value)
        if type(value) is Variable:
            return _variable(*found)
        kind = "step" if type(value) is Output else "parameter"
        return {kind: found[0], "element": list(found[1])}

    def _write_list(self, value: list[Any]) -> Expr:
        self._once(value)
        items = [self.encode(each) for each in value]
        if all(item.keys() == {"value"} for item in items):
            return {"value": [item["value"] for item in items]}
        return {"list": items}

    def _write_tuple(self, value: tuple[Any, ...]) -> Expr:
        return {"tuple": [self.encode(each) for each in value]}

    def _write_dict(self, value: dict[Any, Any]) -> Expr:
        self._once(value)
        pairs = [[self.encode(key), self.encode(each)] for key, each in value.items()]
        return {"dict": pairs}

    def _write_set(self, value: set[Any]) -> Expr:
        self._once(value)
        return {"set": self._sorted(value)}

    def _write_frozenset(self, value: frozenset[Any]) -> Expr:
        return {"frozenset": self._sorted(value)}

    def _sorted(self, value: Any) -> Any:
        return sorted(map(self.encode, value), key=json.dumps)

    def _pickled(self, value: object) -> Expr:
        if not issubclass(type(value), _IMMUTABLE):
            self._once(value)
        buffer = io.BytesIO()
        try:
            _Pickler(buffer, protocol=5).dump(value)
        except ContractError:
            raise
        except Exception as error:
            raise ContractError(f"{_shown(value)} can't be pickled: {error}") from error
        return {"pickle": base64.b64encode(buffer.getvalue()).decode()}

    def _once(self, value: object) -> None:
        if id(value) in self._seen:
            raise ContractError(f"one {type(value).__name__} is in it twice")
        self._seen[id(value)] = value

    def _check_place(self, text: str) -> None:
        if self._folder and (text + os.sep).startswith(self._folder + os.sep):
            raise ContractError(f"{text!r} leads into the project folder of this machine")


def _variable(text: str, kind: str | None) -> Expr:
    if kind:
        raise ContractError(f"{text!r} becomes {kind} when the environment is read")
    return {"env": text}


def _shown(value: object) -> str:
    name = None if is_reference(value) else getattr(value, "__qualname__", None)
    return repr(name) if name else f"a value of type {type(value).__name__!r}"


_WRITERS: dict[Any, str] = {
    type(None): "plain",
    bool: "plain",
    int: "plain",
    str: "text",
    float: "number",
    type(Path()): "path",
    list: "list",
    tuple: "tuple",
    dict: "dict",
    set: "set",
    frozenset: "frozenset",
    Output: "reference",
    Parameter: "reference",
    Variable: "reference",
}


class _Pickler(pickle.Pickler):
    """Refuses what means another thing when the step runs."""

    def persistent_id(self, found: Any) -> None:
        kind = type(found)
        if is_reference(found):
            raise ContractError(f"{label(found)!r} hides in an object")
        if kind is StandIn or issubclass(kind, Integration):
            raise ContractError("integrations can't be handed over")
        if kind is EnvRef:
            raise ContractError(f"{str(found)!r} hides in an object")


def evaluate(expr: Expr, outputs: Outputs, parameters: Mapping[str, Any]) -> Any:
    """Make the value of an expression.

    Args:
        expr: What `encode` wrote.
        outputs: Gives an output, or an element of it, by the step's name and the keys.
        parameters: The parameters of the run.
    """
    return _Evaluation([expr], outputs, parameters).value(expr)


def arguments(
    call: Mapping[str, Any], outputs: Outputs, parameters: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Make the arguments of a call; what is one object in the runner is one object here.

    Args:
        call: A `Step.call`.
        outputs: Gives an output, or an element of it, by the step's name and the keys.
        parameters: The parameters of the run.
    """
    keywords = dict(call["kwargs"])
    evaluation = _Evaluation([*call["args"], *keywords.values()], outputs, parameters)
    rest = evaluation.value(keywords.pop(REST)) if REST in keywords else {}
    args = [evaluation.value(each) for each in call["args"]]
    return args, {**{key: evaluation.value(each) for key, each in keywords.items()}, **rest}


class _Evaluation:
    def __init__(self, exprs: list[Expr], outputs: Outputs, parameters: Mapping[str, Any]) -> None:
        self._outputs = outputs
        self._parameters = parameters
        self._wanted = {read for expr in exprs for read in reads(expr) if read[0] == "step"}
        self._loaded: dict[tuple[str, str, tuple[Key, ...]], Any] = {}

    def value(self, expr: Expr) -> Any:
        kind = next(key for key in expr if key != "element")
        return getattr(self, f"_{kind}")(expr)

    def _value(self, expr: Expr) -> Any:
        return _copied(expr["value"])

    def _list(self, expr: Expr) -> Any:
        return [self.value(each) for each in expr["list"]]

    def _tuple(self, expr: Expr) -> Any:
        return tuple(self.value(each) for each in expr["tuple"])

    def _set(self, expr: Expr) -> Any:
        return {self.value(each) for each in expr["set"]}

    def _frozenset(self, expr: Expr) -> Any:
        return frozenset(self.value(each) for each in expr["frozenset"])

    def _dict(self, expr: Expr) -> Any:
        return {self.value(key): self.value(each) for key, each in expr["dict"]}

    def _path(self, expr: Expr) -> Any:
        return Path(expr["path"])

    def _pickle(self, expr: Expr) -> Any:
        return pickle.loads(base64.b64decode(expr["pickle"]))

    def _env(self, expr: Expr) -> Any:
        found = parse(expr["env"])
        return found.read(os.environ) if isinstance(found, EnvRef) else found

    def _parameter(self, expr: Expr) -> Any:
        return _taken(self._parameters[expr["parameter"]], expr["element"])

    def _step(self, expr: Expr) -> Any:
        name, keys = expr["step"], tuple(expr["element"])
        for length in range(len(keys) + 1):
            read = ("step", name, keys[:length])
            if read in self._wanted:
                if read not in self._loaded:
                    self._loaded[read] = self._outputs(name, keys[:length])
                return _taken(self._loaded[read], keys[length:])
        raise AssertionError(f"{expr} wasn't found among the arguments")


def _copied(value: Any) -> Any:
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _taken(value: Any, keys: Any) -> Any:
    for key in keys:
        value = value[key]
    return value


def reads(expr: Expr) -> Iterator[tuple[str, str, tuple[Key, ...]]]:
    """Yield what an expression reads: `step` or `parameter`, its name and the keys."""
    for kind in ("step", "parameter"):
        if kind in expr:
            yield kind, expr[kind], tuple(expr["element"])
    for kind in ("list", "tuple"):
        for each in expr.get(kind, ()):
            yield from reads(each)
    for key, each in expr.get("dict", ()):
        yield from reads(key)
        yield from reads(each)


def check_output(name: str, call: Mapping[str, Any], output: Any) -> None:
    """Check that an output can be taken apart as the runner does it.

    To be called with each step's output before it is stored.

    Raises:
        WorkflowError: It can't, so the workflow fails here as it fails when run plainly; or
            it isn't a tuple or list, whose parts alone are the same on every way.
    """
    for part in call.get("parts", ()):
        keys = part["element"]
        try:
            found = _taken(output, keys)
        except (LookupError, TypeError) as error:
            shown = "".join(f"[{key!r}]" for key in keys)
            message = f"the runner takes {shown} of the output of {name!r}"
            raise WorkflowError(f"{message}: {type(error).__name__}: {error}") from error
        if part["length"] is not None:
            _check_length(name, found, part["length"])


def _check_length(name: str, found: Any, length: int) -> None:
    kind = type(found)
    message = f"the runner unpacks the output of {name!r} into {length}"
    if kind.__module__ != "numpy" and not _is_sequence(kind):
        raise WorkflowError(
            f"{message}, but it is of type {kind.__name__!r}", hint="return a tuple"
        )
    if len(found) != length:
        raise WorkflowError(f"{message}, but it has {len(found)}")


def _is_sequence(kind: type) -> bool:
    base = tuple if issubclass(kind, tuple) else list
    return issubclass(kind, base) and kind.__iter__ is base.__iter__
