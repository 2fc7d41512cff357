"""What stands in for values while a workflow is captured, and the refusal to look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from lolpop.config.env import EnvRef

if TYPE_CHECKING:
    from lolpop.workflow.blueprint import Part

Key = int | str

IN_A_STEP = "do it in a method of a pipeline or component, and hand the value over"


class Collapsed(BaseException):
    """A method can't be split; no `except Exception` of a user's may catch it.

    Attributes:
        reason: Why.
        hint: How to write it so that it splits, or None.
        file: The file of the line at fault, or None where the traceback tells.
        line: That line, from 1; 0 where the traceback tells.
    """

    def __init__(
        self, reason: str, hint: str | None = None, file: str | None = None, line: int = 0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.file = file
        self.line = line


def used(value: object, verb: str) -> NoReturn:
    """Refuse to use a value that only the run knows; `{}` in the verb stands for it."""
    shown = verb if "{}" in verb else f"{verb} {{}}"
    raise Collapsed(shown.replace("{}", described(value)) + ", which only the run knows", IN_A_STEP)


def _refusing(verb: str) -> Callable[..., Any]:
    def refuse(self: object, *args: object) -> NoReturn:
        used(self, verb)

    return refuse


_VERBS = {
    "tests": ("bool",),
    "iterates over": ("iter", "next", "reversed", "aiter", "anext"),
    "measures": ("len", "length_hint"),
    "searches": ("contains",),
    "takes as a key": ("hash",),
    "compares": ("eq", "ne", "lt", "le", "gt", "ge"),
    "formats": ("str", "repr", "format", "bytes", "fspath"),
    "calls": ("call",),
    "opens": ("enter", "aenter"),
    "awaits": ("await",),
    "changes": ("setattr", "delattr", "setitem", "delitem"),
    "takes apart": ("getitem", "dir"),
    "copies": ("reduce_ex", "copy", "deepcopy"),
    "calculates with": (
        *("int", "float", "complex", "index", "round", "trunc", "floor", "ceil"),
        *("neg", "pos", "abs", "invert"),
        *(
            f"{side}{name}"
            for name in (
                *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod"),
                *("pow", "lshift", "rshift", "and", "xor", "or"),
            )
            for side in ("", "r", "i")
        ),
    ),
}


class Reference:
    """A value that only the run knows: it may be handed over, and nothing else."""

    __slots__ = ("_place",)
    _place: tuple[Any, ...]

    if not TYPE_CHECKING:
        __class__ = property(_refusing("asks for the type of"))

    def __init__(self, *place: Any) -> None:
        object.__setattr__(self, "_place", place)

    def __getattr__(self, name: str) -> NoReturn:
        used(self, f"reads .{name} of")


for _verb, _names in _VERBS.items():
    for _name in _names:
        setattr(Reference, f"__{_name}__", _refusing(_verb))


class Output(Reference):
    """A step's output or an element of it: `_place` is its name and the keys to the element."""

    __slots__ = ()


class Parameter(Reference):
    """A parameter of the run or an element of it: `_place` is its name and the keys."""

    __slots__ = ()


class Variable(Reference):
    """A value that stands in the environment: `_place` is its text, and its type if not str."""

    __slots__ = ()


REFERENCES = frozenset({Output, Parameter, Variable})


def is_reference(value: object) -> bool:
    """Whether a value stands in for one that only the run knows."""
    return type(value) in REFERENCES


def place(value: object) -> tuple[Any, ...]:
    """Give what a reference refers to."""
    found: tuple[Any, ...] = object.__getattribute__(value, "_place")
    return found


def element(value: object, key: Key) -> Reference:
    """Refer to one element of an output or a parameter."""
    name, keys = place(value)
    kind: type[Reference] = type(value)  # type: ignore[assignment]
    return kind(name, (*keys, key))


def label(value: object) -> str:
    """Name a reference as a person reads it: `process.split[0]`."""
    found = place(value)
    if type(value) is Variable:
        return str(found[0])
    return "".join((found[0], *(f"[{key!r}]" for key in found[1])))


def described(value: object) -> str:
    """Describe a reference for a message."""
    found = place(value)
    if type(value) is Variable:
        return f"the value of {found[0]!r}"
    kind = "the output of" if type(value) is Output else "the parameter"
    if found[1]:
        keys = "".join(f"[{key!r}]" for key in found[1])
        return f"{keys} of {kind} {found[0]!r}"
    return f"{kind} {found[0]!r}"


class StandIn:
    """A pipeline or component that isn't made: its class and its place are known."""

    __slots__ = ("_part",)
    _part: Part

    if not TYPE_CHECKING:
        __class__ = property(lambda self: StandIn.refuse(self, "asks for the type of"))

    def __init__(self, part: Part) -> None:
        object.__setattr__(self, "_part", part)

    def __getattr__(self, name: str) -> NoReturn:
        StandIn.refuse(self, f"reads .{name} of")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        StandIn.refuse(self, f"sets .{name} of")

    def __bool__(self) -> bool:
        cls = part_of(self).cls
        if hasattr(cls, "__bool__") or hasattr(cls, "__len__"):
            StandIn.refuse(self, "tests")
        return True

    def __repr__(self) -> str:
        return StandIn.refuse(self, "formats")

    def refuse(self, verb: str) -> NoReturn:
        """Refuse to use it for anything but a call of its methods."""
        part = part_of(self)
        shown = verb if "{}" in verb else f"{verb} {{}}"
        what = f"the {part.section.kind} {dotted(part)!r}"
        raise Collapsed(
            shown.replace("{}", what) + ", which isn't made before the run",
            f"call a method of {dotted(part)!r} that does it",
        )


def part_of(stand_in: object) -> Part:
    """Give the integration that a stand-in stands for."""
    found: Part = object.__getattribute__(stand_in, "_part")
    return found


def target_of(part: Part) -> tuple[str, ...]:
    """Give the attributes that lead from the runner to an integration."""
    chain = [part, *part.ancestors][:-1]
    return tuple(each.section.name for each in reversed(chain))


def dotted(part: Part) -> str:
    """Name an integration by the attributes that lead to it."""
    return ".".join(target_of(part)) or part.label


def without_env(value: Any, kind: str | None = None) -> Any:
    """Replace what the environment gives by references; what holds none stays the same object.

    Args:
        value: A value of the configuration.
        kind: The type that the value would be turned into, or None if it stays a string.
    """
    if isinstance(value, EnvRef):
        return Variable(str(value), kind)
    if type(value) in (list, tuple):
        items = [without_env(each, kind) for each in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else type(value)(items)
    if type(value) is dict:
        items = [without_env(each, kind) for each in value.values()]
        same = all(new is old for new, old in zip(items, value.values(), strict=True))
        return value if same else dict(zip(value, items, strict=True))
    return value
