"""What the composition prints: references are shown by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lolpop.steps.references import Reference, is_reference, label, used


class Text(str):
    """A text that shows references by name: it may be printed, and nothing else.

    Attributes:
        shows: One of the references.
    """

    shows: Reference


def references_in(value: Any) -> Iterator[Reference]:
    """Yield the references that a value is or holds."""
    if is_reference(value):
        yield value
    elif type(value) in (list, tuple, set, frozenset):
        for each in value:
            yield from references_in(each)
    elif type(value) is dict:
        yield from references_in(list(value.values()))


class _Shown(str):
    """A name that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def shown(value: Any) -> Any:
    """Give a value to be printed: references as `<their name>`, the rest as it is now."""
    if is_reference(value):
        return _Shown(f"<{label(value)}>")
    if type(value) in (list, tuple, set, frozenset):
        return type(value)([shown(each) for each in value])
    if type(value) is dict:
        return {key: shown(each) for key, each in value.items()}
    return value


def refuse_text(args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Refuse a text that shows references where it isn't printed."""
    for each in (*args, *kwargs.values()):
        if type(each) is Text:
            used(each.shows, "formats")


def formatted(plain: Callable[[Any, str], Any], piece: Any) -> str:
    """Format one piece of an f-string: a constant, or value, conversion and format.

    Args:
        plain: Lets a known value through.
        piece: The piece.
    """
    if type(piece) is not tuple:
        return str(piece)
    value, conversion, spec = piece
    if any(True for _ in references_in(value)):
        return str(shown(value))
    plain(value, "formats")
    conversions: dict[int, Callable[[Any], str]] = {114: repr, 115: str, 97: ascii}
    convert = conversions.get(conversion)
    return format(convert(value) if convert else value, spec)
