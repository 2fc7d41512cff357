"""Objects that keep something in themselves between calls."""

from witness import note

import lolpop

COUNTS = {"calls": 0}


class Counter(lolpop.Pipeline):
    """Counts its calls on itself, on its class and in its module."""

    total = 0

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def __init__(self) -> None:
        self.made = 0

    def bump(self, number: int) -> int:
        """Count, and fail in the first attempt."""
        COUNTS["calls"] += 1
        Counter.total += 1
        note(self.config.witness, "bump", module=COUNTS["calls"], cls=Counter.total)
        return number + 1


class States(lolpop.Runner):
    """Count three times."""

    counter: Counter

    def run(self, number: int = 0) -> int:
        """Run the same step three times."""
        first = self.counter.bump(number)
        second = self.counter.bump(first)
        return self.counter.bump(second)
