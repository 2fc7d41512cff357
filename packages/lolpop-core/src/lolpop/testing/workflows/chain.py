"""Three steps in a row. What the second one does is told by a parameter."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

from witness import note, seen, wait_for

import lolpop

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Work(lolpop.Pipeline):
    """Does what it is told, and writes that down."""

    class Config(lolpop.Config):
        """Where to write.

        Attributes:
            witness: The file.
        """

        witness: str

    def note(self, step: str, **facts: Any) -> None:
        """Write down that something happened."""
        note(self.config.witness, step, **facts)

    def make(self, how: str, value: Any) -> tuple[dict[str, Any], int]:
        """Make what the next step needs."""
        self.note("make", value=value)
        print("making", how, flush=True)
        return {"how": how, "numbers": [1, 2, 3]}, 7

    def change(self, made: dict[str, Any], seven: int) -> int:
        """Do what the run is told to."""
        how = made["how"]
        self.note("change", how=how)
        print("changing", how, flush=True)
        getattr(self, f"do_{how}", lambda: None)()
        numbers: list[int] = made["numbers"]
        return sum(numbers) * seven

    def finish(self, total: int) -> int:
        """End."""
        self.note("finish", total=total)
        print("finishing", total, flush=True)
        return total + 1

    def do_fail(self) -> None:
        """Raise."""
        raise ValueError("it is broken: é {{ x }}")

    def do_fatal(self) -> None:
        """Raise what isn't retried."""
        raise lolpop.Fatal("never again")

    def do_exit(self) -> None:
        """End the process without a word."""
        print("last words", flush=True)
        os._exit(3)

    def do_kill(self) -> None:
        """End the process as the kernel does when memory is out."""
        os.kill(os.getpid(), signal.SIGKILL)

    def do_recover(self) -> None:
        """Fail in the first attempt only."""
        if seen(self.config.witness, "change") < 2:
            raise OSError("not yet")

    def do_sleep(self) -> None:
        """Start a process that doesn't want to end, and sleep."""
        child = subprocess.Popen([sys.executable, "-c", STUBBORN], start_new_session=True)
        self.note("sleeping", child=child.pid)
        time.sleep(600)

    def do_doze(self) -> None:
        """Sleep."""
        self.note("sleeping")
        time.sleep(600)

    def do_wait(self) -> None:
        """Wait until somebody writes the file `go` beside the witness."""
        self.note("waiting")
        wait_for(self.config.witness, "go")


class Chain(lolpop.Runner):
    """Make, change, finish."""

    work: Work

    def run(self, how: str = "well", value: Any = None) -> int:
        """Run the three steps."""
        made, seven = self.work.make(how, value)
        total = self.work.change(made, seven)
        return self.work.finish(total)
