"""What a capture has found so far, and how to take back what turned out not to split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lolpop.contract.graph import Collapse, Group
from lolpop.steps.references import Collapsed, Key, Output
from lolpop.workflow.blueprint import Part

MOST_STEPS = 100_000

Route = tuple[int, ...]
"""How a call is reached: which own call of the entrypoint it is, which one of that, and so on."""


@dataclass(slots=True, eq=False)
class Frame:
    """A method that is being walked through.

    Attributes:
        part: The integration whose method it is.
        receiver: What is `self` in it.
        owner: The class that declares the method.
        group: The path of its group.
        route: How it was reached.
        calls: How many own calls it has made so far.
        born: The lists, dicts and sets made in it, by id.
        saved: What others were like before it changed them, by id.
    """

    part: Part
    receiver: object
    owner: type
    group: tuple[str, ...] = ()
    route: Route = ()
    calls: int = 0
    born: dict[int, Any] = field(default_factory=dict)
    saved: dict[int, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Recorded:
    """A step as it was called.

    Attributes:
        name: Its name.
        part: The integration whose method it calls.
        method: That method's name.
        function: That method, unbound.
        call: The call as JSON.
        bound: The expression of each parameter that got one whole argument.
        group: The path of its group.
        route: How the caller was reached.
        collapse: Why it is one step, or None if it couldn't be anything else.
    """

    name: str
    part: Part
    method: str
    function: Any
    call: dict[str, Any]
    bound: Mapping[str, Mapping[str, Any]]
    group: tuple[str, ...] = ()
    route: Route = ()
    collapse: Collapse | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """An attribute that the composition itself reads, before the step of that number."""

    before: int
    part: Part
    attribute: str
    route: Route
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How long everything was at one moment."""

    steps: int
    groups: int
    labels: int
    reads: int
    said: int
    parts: int


class Recording:
    """The steps, groups and the rest, in program order."""

    def __init__(self) -> None:
        self.steps: list[Recorded] = []
        self.groups: list[Group] = []
        self.reads: list[Read] = []
        self.said: list[Callable[[], object]] = []
        self.parts: list[tuple[str, tuple[Key, ...], int | None]] = []
        self.frames: list[Frame] = []
        self._labels: list[str] = []
        self._counts: dict[str, int] = {}

    @property
    def frame(self) -> Frame:
        """The method that is being walked through."""
        return self.frames[-1]

    def named(self, label: str) -> str:
        """Give a label a name that nothing else has."""
        count = self._counts.get(label, 0) + 1
        self._counts[label] = count
        self._labels.append(label)
        return label if count == 1 else f"{label}[{count}]"

    def add(self, step: Recorded) -> Output:
        """Add a step, and refer to its output."""
        if len(self.steps) >= MOST_STEPS:
            raise Collapsed(f"makes more than {MOST_STEPS:,} steps")
        self.steps.append(step)
        return Output(step.name, ())

    def mark(self) -> Mark:
        """Note how far the recording is."""
        return Mark(
            len(self.steps),
            len(self.groups),
            len(self._labels),
            len(self.reads),
            len(self.said),
            len(self.parts),
        )

    def rewind(self, mark: Mark, frame: Frame) -> None:
        """Forget what came after a mark, and undo what a frame changed."""
        self.drop_groups(mark)
        del self.steps[mark.steps :]
        del self.reads[mark.reads :], self.said[mark.said :], self.parts[mark.parts :]
        for changed, before in frame.saved.values():
            _restore(changed, before)

    def drop_groups(self, mark: Mark) -> None:
        """Forget the groups after a mark, which hold no step."""
        for label in self._labels[mark.labels :]:
            self._counts[label] -= 1
        del self._labels[mark.labels :], self.groups[mark.groups :]

    def make(self, value: Any) -> None:
        """Note that a list, dict or set was made in the current frame."""
        self.frame.born[id(value)] = value

    def change(self, value: Any) -> bool:
        """Note that a list, dict or set is about to change; False if it isn't our own."""
        frame = self.frame
        if id(value) in frame.born:
            return True
        if not any(id(value) in each.born for each in self.frames):
            return False
        if id(value) not in frame.saved:
            frame.saved[id(value)] = (value, value.copy())
        return True

    def leave(self, frame: Frame) -> None:
        """Hand over to the caller what a frame made and changed."""
        caller = self.frame
        caller.born.update(frame.born)
        for key, saved in frame.saved.items():
            if key not in caller.born:
                caller.saved.setdefault(key, saved)


def _restore(changed: Any, before: Any) -> None:
    changed.clear()
    if isinstance(changed, list):
        changed.extend(before)
    else:
        changed.update(before)
