"""Values of many kinds, from one step to the next."""

import array
import datetime
import decimal
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from witness import note

import lolpop

LARGE = 20_000_000


@dataclass
class Model:
    """What a step may have made."""

    weights: list[float] = field(default_factory=lambda: [0.5, math.inf, -0.0])
    names: dict[str, int] = field(default_factory=lambda: {"a": 1, "é": 2})


class Locked:
    """What can't be stored."""

    def __init__(self) -> None:
        self.lock = __import__("threading").Lock()


class Make(lolpop.Pipeline):
    """Makes values, and looks at what arrives."""

    class Config(lolpop.Config):
        """Where to write."""

        witness: str

    def exact(self) -> Any:
        """Give values of JSON's own types."""
        return {"none": None, "text": "é\n{{ x }}", "deep": [[1, 2.5, True], {}], "big": 2**70}

    def rich(self) -> Any:
        """Give values that JSON doesn't have."""
        day = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
        numbers = array.array("d", [1.0, 2.0])
        return (b"\x00\xff", {1, 2}, decimal.Decimal("1.10"), day, 1 + 2j, numbers, Model())

    def nothing(self) -> None:
        """Give nothing."""

    def large(self) -> bytes:
        """Give 20 MB."""
        return b"\x01" * LARGE

    def files(self) -> Path:
        """Give a file."""
        Path("made").mkdir()
        path = Path("made", "file.txt")
        path.write_text("content é")
        return path

    def pair(self) -> tuple[list[int], dict[str, int]]:
        """Give two values that are read apart."""
        return [1, 2, 3], {"a": 1}

    def look(
        self, exact: Any, rich: Any, nothing: Any, large: bytes, path: Path, first: Any, item: Any
    ) -> dict[str, Any]:
        """Write down what arrived."""
        rich[-1].weights.append(1.0)
        facts = {
            "exact": repr(exact),
            "rich": repr(rich),
            "nothing": repr(nothing),
            "large": [len(large), large[:1] == large[-1:] == b"\x01"],
            "path": path.read_text(),
            "first": first,
            "item": item,
        }
        note(self.config.witness, "look", **facts)
        return facts

    def lock(self) -> Any:
        """Give what can't be stored."""
        return {"model": Locked()}

    def use(self, locked: Any) -> None:
        """Never run."""
        note(self.config.witness, "use")


class Values(lolpop.Runner):
    """Hand over values."""

    make: Make

    def run(self) -> dict[str, Any]:
        """Hand over what can be stored."""
        exact = self.make.exact()
        rich = self.make.rich()
        nothing = self.make.nothing()
        large = self.make.large()
        path = self.make.files()
        first, second = self.make.pair()
        return self.make.look(exact, rich, nothing, large, path, first, second["a"])

    def unstorable(self) -> None:
        """Hand over what can't."""
        self.make.use(self.make.lock())
