"""Files that come with the project, and files that steps write."""

from pathlib import Path

from witness import note

import lolpop

WORDS = Path("data", "words.txt")
HERE = Path(__file__).parent


class Work(lolpop.Pipeline):
    """Reads and writes where it is."""

    class Config(lolpop.Config):
        """Where to write down what happens."""

        witness: str

    def read(self) -> str:
        """Read a file of the project by its relative path, or write down why it can't."""
        try:
            text = WORDS.read_text("utf-8")
        except OSError as error:
            text = str(error)
        note(self.config.witness, "read", text=text)
        return text

    def leave(self) -> int:
        """Leave a file behind."""
        Path("left.txt").write_text("left")
        note(self.config.witness, "leave")
        return 1

    def look(self, number: int) -> int:
        """See what is left of the other step, nothing, and change a file of the project."""
        note(self.config.witness, "look", left=Path("left.txt").exists())
        (HERE / WORDS).write_text("changed")
        return number + 1

    def again(self, number: int) -> int:
        """Read the file that was changed, which is as it was."""
        note(self.config.witness, "again", text=(HERE / WORDS).read_text("utf-8"))
        return number


class Folders(lolpop.Runner):
    """Read by a relative path; leave, look, read again."""

    work: Work

    def run(self) -> tuple[str, int]:
        """Do all of it."""
        text = self.work.read()
        return text, self.work.again(self.work.look(self.work.leave()))
