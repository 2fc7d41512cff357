"""A plugin's README, held to what it says: commands that run, keys that exist, pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lolpop.testing.rule import expect

if TYPE_CHECKING:
    from pydantic import BaseModel

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \| (.*?) ?\|", re.MULTILINE)
_PICTURE = re.compile(r"!\[.*?\]\((?!\w+:)(.*?\.png)\)")
_LARGEST = 150_000
"""Bytes of a picture that a page shows at once."""


@dataclass(frozen=True)
class Readme:
    """A README.

    Attributes:
        file: The file.
    """

    file: Path

    @property
    def text(self) -> str:
        """What it says."""
        return self.file.read_text("utf-8")

    def blocks(self, language: str) -> list[str]:
        """Give its fenced blocks of a language."""
        return [text for kind, text in _BLOCK.findall(self.text) if kind == language]

    def commands(self, program: str) -> list[str]:
        """Give the lines of its `console` blocks that call a program."""
        lines = [line for text in self.blocks("console") for line in text.splitlines()]
        return [line for line in lines if line.split()[0] == program]

    def expect_keys(self, config: BaseModel) -> None:
        """Expect a table row `key | default |` for each key of a config, in its order.

        Args:
            config: The config without anything given.

        Raises:
            RuleBroken: A row is missing, too much, or has another default.
        """
        import yaml

        rows = dict(_ROW.findall(self.text))
        defaults = config.model_dump(mode="json")
        expect([*rows] == [*defaults], f"the keys are {[*defaults]}, the table has {[*rows]}")
        for key, default in defaults.items():
            said = yaml.safe_load(rows[key].strip("`"))
            expect(default is None or said == default, f"{key} is {default!r} by default")

    def expect_pictures(self) -> None:
        """Expect every picture to be there, small, and no other one beside them.

        Raises:
            RuleBroken: It isn't so.
        """
        shown = [self.file.parent / name for name in _PICTURE.findall(self.text)]
        for path in shown:
            expect(path.exists(), f"there is no {path}")
            content = path.read_bytes()
            expect(content.startswith(b"\x89PNG"), f"{path} is no PNG")
            expect(len(content) < _LARGEST, f"{path} has {len(content)} bytes")
            beside = {*path.parent.glob("*.png")} - {*shown}
            expect(not beside, f"nothing shows {', '.join(map(str, beside))}")
