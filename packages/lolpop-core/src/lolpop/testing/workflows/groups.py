"""Steps in groups, the same one called twice, and a group within a group."""

from witness import note

import lolpop


class Work(lolpop.Pipeline):
    """Adds."""

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def add(self, number: int) -> int:
        """Add one."""
        note(self.config.witness, "add", number=number)
        return number + 1


class Groups(lolpop.Runner):
    """Add one four times."""

    work: Work

    def run(self, number: int = 0) -> int:
        """Run one step, then a group."""
        return self.outer(self.work.add(number))

    def outer(self, number: int) -> int:
        """Run a step, then a group within this one."""
        return self.inner(self.work.add(number))

    def inner(self, number: int) -> int:
        """Run the same step twice."""
        return self.work.add(self.work.add(number))
