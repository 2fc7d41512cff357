"""Two steps that need nothing of each other, and one that needs both."""

import time
from pathlib import Path
from typing import Any

from witness import note

import lolpop


class Work(lolpop.Pipeline):
    """Does what it is told, and writes that down."""

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def note(self, step: str, **facts: Any) -> None:
        """Write down that something happened."""
        note(self.config.witness, step, **facts)

    def left(self, how: str) -> int:
        """Do the one side."""
        self.side("left", "right", how)
        return 1

    def right(self, how: str) -> int:
        """Do the other side."""
        self.side("right", "left", how)
        return 2

    def onward(self, right: int) -> int:
        """Go on where the right side ended."""
        self.note("onward")
        return right * 10

    def join(self, left: int, onward: int) -> int:
        """Need both."""
        self.note("join")
        return left + onward

    def side(self, mine: str, other: str, how: str) -> None:
        """Meet the other side, or fail, or just go on."""
        self.note(mine)
        here = Path(self.config.witness)
        here.with_name(mine).touch()
        if how == "meet":
            self.meet(here.with_name(other))
        if how == "fail_both" or how == f"fail_{mine}":
            raise ValueError(f"{mine} is broken")

    def meet(self, other: Path) -> None:
        """Wait for the other side, which is there only if both run at once."""
        deadline = time.monotonic() + 30
        while not other.exists():
            if time.monotonic() > deadline:
                raise TimeoutError("the other side didn't come")
            time.sleep(0.05)


class Branches(lolpop.Runner):
    """Left and right, then both."""

    work: Work

    def run(self, how: str = "well") -> int:
        """Run the four steps."""
        left = self.work.left(how)
        right = self.work.right(how)
        onward = self.work.onward(right)
        return self.work.join(left, onward)
