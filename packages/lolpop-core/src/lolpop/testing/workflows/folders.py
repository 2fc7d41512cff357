"""Files that come with the project, files that steps write, and files that they return."""

from pathlib import Path

from witness import note

import lolpop

WRITTEN = []


class Work(lolpop.Pipeline):
    """Reads and writes where it is."""

    class Config(lolpop.Config):
        """Where to write down what happens."""

        witness: str

    def read(self) -> str:
        """Read a file of the project by its relative path, and leave one behind."""
        text = Path("data", "words.txt").read_text()
        Path("left.txt").write_text("left")
        WRITTEN.append("read")
        note(self.config.witness, "read", text=text)
        return text

    def look(self, text: str) -> int:
        """See what is left of the other step: nothing."""
        left = Path("left.txt").exists()
        note(self.config.witness, "look", text=text, left=left, written=list(WRITTEN))
        Path("data", "words.txt").write_text("changed")
        return len(text)

    def again(self, length: int) -> int:
        """Read the project's file again."""
        note(self.config.witness, "again", text=Path("data", "words.txt").read_text())
        return length


class Folders(lolpop.Runner):
    """Read, look, read again."""

    work: Work

    def run(self) -> int:
        """Run the three steps."""
        return self.work.again(self.work.look(self.work.read()))
