"""Fit arguments to the signature of a workflow's entrypoint."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lolpop.config.env import EnvRef
from lolpop.config.nodes import Node, has_env, kind_of, plain
from lolpop.config.paths import below
from lolpop.config.validation import read, unknown_key, unset
from lolpop.errors import ConfigError, Problem, UsageError
from lolpop.workflow.literals import Number, by_type, parse, schema_of

PARAMETERS = "deployment.parameters"
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Typed(str):
    """A keyword argument as a person typed it: its parameter's type says how it is read."""

    __slots__ = ()


def split_pair(pair: str) -> tuple[str, str]:
    """Split what was typed as `K=V`.

    Raises:
        UsageError: It isn't of this form.
    """
    key, equals, text = pair.partition("=")
    if not equals:
        raise UsageError(f"{pair!r} isn't of the form K=V", hint="for example --param seed=7")
    return key, text


def as_values(function: Any, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Give keyword arguments as JSON values: those that were typed are read."""
    parameters = parameters_of(function)
    rest = next((each for each in parameters.values() if each.kind is each.VAR_KEYWORD), None)
    return {
        key: parse_value(str(value), parameters.get(key, rest), function)
        if isinstance(value, Typed)
        else value
        for key, value in keywords.items()
    }


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
    name = function.__qualname__
    parameters = list(parameters_of(function).values())
    signature = inspect.signature(function).replace(parameters=parameters)
    try:
        bound = signature.bind(*arguments, **keywords)
    except TypeError as error:
        shown = signature.replace(return_annotation=inspect.Signature.empty)
        raise UsageError(f"{error}: {name}{shown}") from None
    for key, value in bound.arguments.items():
        parameter = signature.parameters[key]
        bound.arguments[key] = _converted(parameter, value, function, name)
    return bound.args, bound.kwargs


def parameters_of(function: Any) -> dict[str, inspect.Parameter]:
    """Give a method's parameters by name, as its class declares it, without `self`."""
    return dict(list(inspect.signature(function).parameters.items())[1:])


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
        raise UsageError(f"{where}: {said[:1].lower()}{said[1:]}, got {value!r}") from None


def reader_of(parameter: inspect.Parameter, function: Any) -> TypeAdapter[Any] | None:
    """Give what converts JSON to a parameter's type, or None where nothing can be known."""
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return None
    try:
        if isinstance(annotation, str):
            module = sys.modules.get(function.__module__)
            annotation = eval(annotation, dict(vars(module)) if module else {})
        adapter = TypeAdapter(annotation)
        adapter.rebuild(raise_errors=True)
    except Exception:  # an annotation may name anything, for example what only mypy imports
        return None
    return adapter


def parse_value(text: str, parameter: inspect.Parameter | None, function: Any) -> Any:
    """Read one argument of the command line: as a string where the type says so, else JSON.

    Args:
        text: What was typed.
        parameter: The parameter that it is for, or None if it isn't known.
        function: The function that has the parameter.
    """
    schema = _schema(parameter, function)
    try:
        return parse(text, schema, schema.get("$defs", {}))
    except UsageError as error:
        name = parameter.name if parameter else "?"
        raise UsageError(f"parameter {name!r}: {error.message}", hint=error.hint) from None


def _schema(parameter: inspect.Parameter | None, function: Any) -> Mapping[str, Any]:
    adapter = reader_of(parameter, function) if parameter else None
    return (adapter and schema_of(adapter)) or {}


def configured(
    root: Node, function: Any, environ: Mapping[str, str] | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Read `deployment.parameters`.

    Args:
        root: The whole configuration.
        function: The entrypoint as its class declares it.
        environ: Where to read environment variables; None leaves out what needs them.

    Returns:
        JSON values by the names of parameters; and what is wrong.
    """
    section = root.get("deployment")
    node = section.get("parameters") if section else None
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, child in node.items() if node else ():
        try:
            parameter = _accepting(function, str(key), child)
            if environ is not None or not has_env(child):
                path = below(PARAMETERS, key)
                values[str(key)] = _value(child, path, parameter, function, environ or {})
        except ConfigError as error:
            problems += error.problems
    return values, problems


def _accepting(function: Any, key: str, node: Node) -> inspect.Parameter:
    """Find the parameter that takes a keyword."""
    parameters = parameters_of(function).values()
    named = {each.name: each for each in parameters if each.kind in _BY_NAME}
    others = [each for each in parameters if each.kind is each.VAR_KEYWORD]
    if key in named:
        return named[key]
    if others:
        return others[0]
    raise ConfigError([unknown_key(key, node, named, PARAMETERS)])


def _value(
    node: Node, path: str, parameter: inspect.Parameter, function: Any, environ: Mapping[str, str]
) -> Any:
    """Read a configured value, and refuse one that doesn't fit its parameter."""
    if missing := list(unset(node, path, environ)):
        raise ConfigError(missing)
    schema = _schema(parameter, function)
    convert = reader_of(parameter, function)
    try:
        if isinstance(node.value, EnvRef):
            value = parse(read(node, environ), schema, schema.get("$defs", {}))
        else:
            written = plain(
                node, lambda leaf: Number(leaf.text) if leaf.text else read(leaf, environ)
            )
            value = by_type(written, schema, schema.get("$defs", {}))
        if convert is not None:
            convert.validate_json(json.dumps(value), strict=True)
    except UsageError as error:
        raise ConfigError([node.problem(error.message, path, error.hint)]) from None
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        message = f"{said[:1].lower()}{said[1:]}, got {kind_of(node.value)}"
        raise ConfigError([node.problem(message, path)]) from None
    return value
