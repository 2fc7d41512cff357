"""Parameters of a run: read from the command line, and checked by their schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lolpop.errors import UsageError, nearest
from lolpop.workflow.arguments import split_pair
from lolpop.workflow.literals import by_type, parse


def read_pairs(schema: Mapping[str, Any], pairs: Sequence[str], name: str) -> dict[str, Any]:
    """Read `K=V` pairs: by a parameter's schema, else as JSON, else as a string.

    Args:
        schema: The JSON schema of the parameters.
        pairs: What was typed.
        name: The deployment's name, for messages.

    Raises:
        UsageError: A pair isn't of this form, or nothing of that name is known.
    """
    known = schema.get("properties", {})
    found: dict[str, Any] = {}
    for pair in pairs:
        key, text = split_pair(pair)
        if key not in known and schema.get("additionalProperties") is False:
            likely = nearest(key, known)
            there = f"there is {', '.join(known) or 'none'}"
            hint = f"did you mean {likely!r}?" if likely else there
            raise UsageError(f"{name!r} has no parameter {key!r}", hint=hint)
        rest = schema.get("additionalProperties") or {}
        found[key] = _read(key, text, known.get(key, rest), schema.get("$defs", {}))
    return found


def check_parameters(
    schema: Mapping[str, Any], given: Mapping[str, Any], deployed: Mapping[str, Any], name: str
) -> None:
    """Refuse values for a run that its entrypoint couldn't take.

    Args:
        schema: The JSON schema of the parameters.
        given: The run's own values.
        deployed: The deployment's values, which the run's are laid over.
        name: The deployment's name, for messages.

    Raises:
        UsageError: A value doesn't fit, or one is missing.
    """
    wrong = [*_unwritable(given), *mismatches(schema, given)]
    absent = [*missing(schema, {**deployed, **given})]
    wrong += [f"{each!r} has no value and no default" for each in absent]
    if wrong:
        raise UsageError(
            f"the parameters don't fit {name!r}: {'; '.join(wrong)}",
            hint=f"--param {absent[0]}=…" if absent else None,
        )


def _unwritable(values: Mapping[str, Any]) -> Iterator[str]:
    """Say which values JSON can't hold: NaN and the infinities, at any depth."""
    for name, value in values.items():
        try:
            by_type(value, {}, {})
        except UsageError as error:
            yield f"{name}: {error.message}"


def mismatches(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    """Say which values don't fit their schemas, in the order of their names."""
    from jsonschema import Draft202012Validator

    loose = {**schema, "required": []}
    errors = Draft202012Validator(loose).iter_errors(dict(values))
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        path = ".".join(map(str, error.absolute_path))
        yield f"{path}: {error.message}" if path else error.message


def missing(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    """Name the parameters that have neither a value nor a default."""
    for name in schema.get("required", ()):
        if name not in values:
            yield name


def _read(name: str, text: str, schema: Any, shared: Mapping[str, Any]) -> Any:
    try:
        return parse(text, schema if isinstance(schema, Mapping) else {}, shared)
    except UsageError as error:
        raise UsageError(f"parameter {name!r}: {error.message}", hint=error.hint) from None
