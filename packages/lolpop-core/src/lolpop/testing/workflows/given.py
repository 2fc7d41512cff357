"""One step that writes down what the run was given."""

from typing import Any

from witness import note

import lolpop


class Work(lolpop.Pipeline):
    """Writes down what it is given."""

    class Config(lolpop.Config):
        """Where to write.

        Attributes:
            witness: The file.
        """

        witness: str

    def take(self, given: dict[str, Any]) -> None:
        """Write it down."""
        note(self.config.witness, "take", **given)


class Given(lolpop.Runner):
    """Hands its parameters on."""

    work: Work

    def run(
        self,
        values: Any = "left out",
        digits: Any = "left out",
        nothing: Any = "left out",
        odd: Any = "left out",
        large: Any = "left out",
    ) -> None:
        """Run the one step."""
        self.work.take(
            {"values": values, "digits": digits, "nothing": nothing, "odd": odd, "large": large}
        )
