"""The bases of a workflow's classes: Runner, Pipeline and Component."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import getattr_static
from typing import Any, ClassVar, SupportsIndex, TypeVar

from lolpop.errors import nearest
from lolpop.workflow.view import ConfigView

Made = TypeVar("Made", bound="Integration")
WRAPPERS = "__lolpop_wrappers__"  # where an object keeps the wrappers of its methods, by name


class Integration:
    """What runners, pipelines and components have in common.

    lolpop sets `config`, `name` and the integrations that are visible before it calls
    `__init__`, which takes no arguments.

    Attributes:
        kind: `runner`, `pipeline`, `component` or `orchestrator`.
        defaults: Values for keys of the config, for a class without a `Config`.
        config: The `Config` of the class, or a `ConfigView`.
        name: The name that the configuration gives it; the class's own by default.
    """

    kind: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}
    config: Any = ConfigView()
    name: str = ""

    @classmethod
    def create(
        cls: type[Made], config: Mapping[str, Any] | None = None, **visible: Integration
    ) -> Made:
        """Make one by hand, for a test or a notebook.

        Args:
            config: Values for its config; without them the defaults.
            visible: The integrations that it sees, by name.

        Raises:
            pydantic.ValidationError: The config doesn't fit the class's `Config`.
        """
        made = cls.__new__(cls)
        model = getattr(cls, "Config", None)
        values = dict(config or {})
        typed = model(**values) if model else ConfigView({**cls.defaults, **values})
        made.__dict__.update(visible, config=typed, name=cls.__name__)
        cls.__init__(made)
        return made

    def __getattr__(self, name: str) -> Any:
        owner = type(self)
        if hasattr(owner, name):
            # A property raised AttributeError: its own message says more than ours would.
            return object.__getattribute__(self, name)
        message = f"{owner.__name__!r} object has no attribute {name!r}"
        if name.startswith("_"):
            raise AttributeError(message)
        visible = [key for key, value in vars(self).items() if isinstance(value, Integration)]
        likely = nearest(name, [*visible, *(key for key in dir(owner) if key[0] != "_")])
        seen = f"it sees {', '.join(sorted(visible)) or 'no other integration'}"
        hint = f": did you mean {likely!r}?" if likely else f": {seen}"
        # Without `obj`, or Python would add a guess of its own to the message.
        raise AttributeError(message + hint, name=name, obj=None)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """Leave the wrappers of decorators behind: they belong to this process."""
        reduced = super().__reduce_ex__(protocol)
        wrappers = vars(self).get(WRAPPERS)
        if not wrappers or isinstance(reduced, str) or len(reduced) < 3:
            return reduced
        return (*reduced[:2], _without(reduced[2], wrappers), *reduced[3:])


def _without(state: Any, wrappers: Mapping[str, object]) -> Any:
    """Take the wrappers out of the state of an object: its attributes, or these and its slots."""
    if isinstance(state, tuple):
        return tuple(_without(part, wrappers) for part in state)
    if not isinstance(state, dict):
        return state
    hidden = {**wrappers, WRAPPERS: wrappers}
    return {
        key: value for key, value in state.items() if key not in hidden or value is not hidden[key]
    }


class Runner(Integration):
    """Coordinates a workflow: its methods call those of its pipelines and components."""

    kind = "runner"


class Pipeline(Integration):
    """Does one part of a workflow, with the help of components."""

    kind = "pipeline"


class Component(Integration):
    """Works with one library or system."""

    kind = "component"


BASES: tuple[type, ...] = (Integration, Runner, Pipeline, Component)


def kinds_of(cls: object) -> str | None:
    """Give the kind of a class, or None if it is no integration."""
    if isinstance(cls, type) and issubclass(cls, Integration) and cls not in BASES:
        return getattr(cls, "kind", None)
    return None


def declares(cls: type | None, name: str) -> bool:
    """Whether a class has a method, property or the like that no integration may hide."""
    found = getattr_static(cls, name, None)
    return callable(found) or hasattr(type(found), "__get__") or hasattr(Runner, name)
