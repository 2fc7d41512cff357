"""Two steps that need nothing of each other, and one that needs both."""

import time
from pathlib import Path
from typing import Any

from witness import note

import lolpop

SLOW = 1.5


class Work(lolpop.Pipeline):
    """Does what it is told, and writes that down."""

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def note(self, step: str, **facts: Any) -> None:
        """Write down that something happened."""
        note(self.config.witness, step, **facts)

    def left(self, how: str, patience: float) -> int:
        """Do the one side; if both fail, then after the other one."""
        self.note("left")
        self.arrive("left")
        if how in ("meet", "fail_both"):
            self.meet("right", patience)
        if how in ("fail_both", "fail_left"):
            time.sleep(SLOW if how == "fail_both" else 0)
            raise ValueError("left is broken")
        return 1

    def right(self, how: str, patience: float) -> int:
        """Do the other side; if the one fails, then take longer than it."""
        self.note("right")
        self.arrive("right")
        if how in ("meet", "fail_both", "fail_left"):
            self.meet("left", patience)
        if how == "fail_both":
            raise ValueError("right is broken")
        time.sleep(SLOW if how == "fail_left" else 0)
        return 2

    def onward(self, right: int) -> int:
        """Go on where the right side ended."""
        self.note("onward")
        return right * 10

    def join(self, left: int, onward: int) -> int:
        """Need both."""
        self.note("join")
        return left + onward

    def arrive(self, side: str) -> None:
        """Let the other side know that this one is here."""
        Path(self.config.witness).with_name(side).touch()

    def meet(self, other: str, patience: float) -> None:
        """Wait for the other side, which comes only if both run at once."""
        deadline = time.monotonic() + patience
        while not Path(self.config.witness).with_name(other).exists():
            if time.monotonic() > deadline:
                raise TimeoutError("the other side didn't come")
            time.sleep(0.05)


class Branches(lolpop.Runner):
    """Left and right, then both."""

    work: Work

    def run(self, how: str = "well", patience: float = 30) -> int:
        """Run the four steps."""
        left = self.work.left(how, patience)
        right = self.work.right(how, patience)
        onward = self.work.onward(right)
        return self.work.join(left, onward)
