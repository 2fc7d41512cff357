"""Choose the method that starts a workflow, and fit arguments to its signature."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError

from lolpop.errors import UsageError, listing, nearest
from lolpop.workflow.decoration import public_methods
from lolpop.workflow.integration import Integration


def choose(cls: type[Integration], asked: str | None) -> str:
    """Choose a runner's entrypoint.

    Args:
        cls: The runner's class.
        asked: The method that was named, or None: then `run`, else the only public method.

    Raises:
        UsageError: There is no such method, it is private, or there are several.
    """
    methods = list(public_methods(cls))
    if asked is None:
        if "run" in methods:
            return "run"
        if len(methods) == 1:
            return methods[0]
        message = f"{cls.__name__} has no method 'run', and {len(methods)} public methods"
        hint = "write `entrypoint: METHOD`, or name it with -e"
        raise UsageError(f"{message}: {listing(methods)}", hint=hint)
    if asked in methods:
        return asked
    if asked.startswith("_"):
        raise UsageError(
            f"{cls.__name__}.{asked} is private: it can't be an entrypoint",
            hint=f"public methods: {listing(methods)}",
        )
    likely = nearest(asked, methods)
    hint = f"did you mean {likely!r}?" if likely else f"public methods: {listing(methods)}"
    raise UsageError(f"{cls.__name__} has no method {asked!r}", hint=hint)


def bind(
    function: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Fit arguments to a signature and convert them by its annotations, strictly.

    Args:
        function: The entrypoint as its class declares it; `self` is its first parameter.
        arguments: Positional arguments, JSON values.
        keywords: Keyword arguments, JSON values.

    Returns:
        The arguments and keywords to call the bound method with.

    Raises:
        UsageError: They don't fit the signature, or a value doesn't fit its annotation.
    """
    name = getattr(function, "__qualname__", repr(function))
    parameters = list(parameters_of(function).values())
    signature = inspect.signature(function).replace(parameters=parameters)
    try:
        bound = signature.bind(*arguments, **keywords)
    except TypeError as error:
        raise UsageError(f"{error}: {name}{_shown(signature)}") from error
    for key, value in bound.arguments.items():
        parameter = signature.parameters[key]
        bound.arguments[key] = _converted(parameter, value, function, name)
    return bound.args, bound.kwargs


def parameters_of(function: Any) -> dict[str, inspect.Parameter]:
    """Give a method's parameters by name, as its class declares it, without `self`."""
    return dict(list(inspect.signature(function).parameters.items())[1:])


def _shown(signature: inspect.Signature) -> str:
    return str(signature).rpartition(" -> ")[0] or str(signature)


def _converted(parameter: inspect.Parameter, value: Any, function: Any, name: str) -> Any:
    convert = reader_of(parameter, function)
    if convert is None:
        return value
    where = f"argument {parameter.name!r} of {name}"
    if parameter.kind is parameter.VAR_POSITIONAL:
        return tuple(_checked(convert, item, where) for item in value)
    if parameter.kind is parameter.VAR_KEYWORD:
        return {key: _checked(convert, item, where) for key, item in value.items()}
    return _checked(convert, value, where)


def _checked(adapter: TypeAdapter[Any], value: Any, where: str) -> Any:
    try:
        return adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise UsageError(f"{where}: {said[:1].lower()}{said[1:]}, got {value!r}") from error


def reader_of(parameter: inspect.Parameter, function: Any) -> TypeAdapter[Any] | None:
    """Give what converts JSON to a parameter's type, or None where nothing can be known."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        module = sys.modules.get(function.__module__)
        try:
            annotation = eval(annotation, dict(vars(module)) if module else {})
        except Exception:  # what only type checkers import can't be resolved, and needn't be
            return None
    if annotation is parameter.empty:
        return None
    try:
        return TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUserError):
        return None


def parse_value(text: str, parameter: inspect.Parameter | None, function: Any) -> Any:
    """Read one argument of the command line: as a string where the type says so, else JSON.

    Args:
        text: What was typed.
        parameter: The parameter that it is for, or None if it isn't known.
        function: The function that has the parameter.
    """
    adapter = reader_of(parameter, function) if parameter else None
    if adapter is not None and adapter.json_schema().get("type") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
