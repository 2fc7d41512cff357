"""What a rehearsal found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lolpop.errors import RehearsalError
from lolpop.steps.share import Share

RESULT = "result"
"""The name of the row for what the workflow itself returns."""


class State(Enum):
    """How a step compares with the same call in the plain run."""

    EQUAL = "equal"
    DIFFERS = "differs"
    FAILED = "failed"
    SKIPPED = "not run"


class Cause(Enum):
    """What makes a workflow do something else as steps."""

    UNSTORABLE = "unstorable"
    """An output can't be stored."""

    STORING = "storing"
    """An output isn't the same after storing."""

    PICKLING = "pickling"
    """An output pickles to something else each time."""

    IN_PLACE = "in place"
    """A step changes what it was given, and others see that."""

    FILE = "file"
    """A step reads a file that another one leaves in the working folder."""

    UNPACKAGED = "unpackaged"
    """A step reads a file of the project that isn't packaged."""

    RANDOMNESS = "randomness"
    """A step draws random numbers without a seed."""

    CLOCK = "clock"
    """An output depends on the time."""

    UNREPEATABLE = "unrepeatable"
    """A step gives something else each time, whatever is seeded."""

    HASHING = "hashing"
    """An output depends on the order of a set."""

    STATE = "state"
    """A step leaves state on an object, in a module or in the process."""

    OUTSIDE = "outside"
    """None of these: something outside of the values that are handed over."""


@dataclass(frozen=True, slots=True)
class Why:
    """The likely reason for a difference.

    Attributes:
        cause: Its kind.
        text: The reason, to follow "likely because".
        hint: What to do about it.
    """

    cause: Cause
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step, or the workflow's result.

    Attributes:
        name: The step's name.
        state: How it compares.
        note: What is worth knowing all the same, or empty.
    """

    name: str
    state: State
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a rehearsal found.

    Attributes:
        label: The runner and its entrypoint, as `Runner.method`.
        rows: The steps in program order; the result is a row of its own where it differs.
        share: How many calls became steps.
        what: What is different in the first row that differs; empty where all is equal.
        why: The likely reason, or None where all is equal.
        log: What the first step that failed printed.
    """

    label: str
    rows: tuple[Row, ...]
    share: Share
    what: str = ""
    why: Why | None = None
    log: str = ""

    @property
    def equal(self) -> bool:
        """Whether the steps give what the plain run gives."""
        return self.first is None

    @property
    def first(self) -> Row | None:
        """The first row that differs, or None."""
        return next((row for row in self.rows if row.state is not State.EQUAL), None)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return sum(row.name != RESULT for row in self.rows)

    @property
    def error(self) -> RehearsalError | None:
        """The difference as an error, or None."""
        if self.first is None or self.why is None:
            return None
        return RehearsalError(
            f"{self.what}; likely because {self.why.text}",
            step=None if self.first.name == RESULT else self.first.name,
            found=self.facts(),
            hint=self.why.hint,
        )

    def facts(self) -> Mapping[str, Any]:
        """Give it as plain JSON values."""
        return {
            "status": "equal" if self.equal else "differs",
            "workflow": self.label,
            "steps": [
                {"name": row.name, "state": row.state.value, "note": row.note or None}
                for row in self.rows
            ],
            "calls": {"steps": self.share.steps, "all": self.share.calls},
            "cause": self.why.cause.value if self.why else None,
        }
