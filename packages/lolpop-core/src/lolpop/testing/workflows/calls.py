"""Calls within one process, for what decorates them."""

import time
from typing import Any

from witness import note

import lolpop


class Part(lolpop.Component):
    """Is called by a pipeline."""

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def same(self, value: Any) -> Any:
        """Give what it gets."""
        note(self.config.witness, "same", me=id(self), kind=type(self).__name__)
        return value

    def quick(self) -> int:
        """Do next to nothing."""
        return 1

    def fail(self) -> None:
        """Raise an error of its own."""
        note(self.config.witness, "fail")
        raise OwnError("on purpose", 7)


class OwnError(Exception):
    """What the workflow raises."""


class Work(lolpop.Pipeline):
    """Calls a component."""

    part: Part

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def hand(self, value: Any) -> Any:
        """Hand a value through."""
        note(self.config.witness, "hand", me=id(self.part), kind=type(self.part).__name__)
        given = self.part.same(value)
        return given, given is value

    def fail(self) -> str:
        """See the component's own error."""
        try:
            self.part.fail()
        except OwnError as error:
            return f"{type(error).__name__}: {error.args}"
        return "nothing"

    def often(self, count: int) -> float:
        """Call a quick method many times; give the seconds that a call takes."""
        start = time.perf_counter()
        for _ in range(count):
            self.part.quick()
        return (time.perf_counter() - start) / count


class Calls(lolpop.Runner):
    """Call."""

    work: Work

    def hand(self, value: Any = None) -> Any:
        """Hand a value through."""
        return self.work.hand(value)

    def fail(self) -> str:
        """See the component's own error."""
        return self.work.fail()

    def raising(self) -> None:
        """Let an error go through."""
        self.work.part.fail()

    def often(self, count: int = 200) -> float:
        """Call a quick method many times."""
        return self.work.often(count)
