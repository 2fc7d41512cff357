"""A step made once more, to see what changes: `python -m lolpop.rehearsal.trial`."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from lolpop.contract import from_json, to_json
from lolpop.execution.request import Request
from lolpop.execution.session import open_session
from lolpop.execution.work import Outcome, perform
from lolpop.execution.workspace import Workspaces, drop


@dataclass(frozen=True, slots=True)
class Trial:
    """An order for one trial.

    Attributes:
        request: The attempt to repeat.
        folder: The project folder.
        files: Files of it that are laid into the working folder.
        seed: A seed for the usual random generators, or None.
    """

    request: Request
    folder: str
    files: tuple[str, ...] = ()
    seed: int | None = None


def made(trial: Trial) -> Outcome:
    """Make a step; its record stays as it is."""
    session = open_session(trial.request)
    opened = session.opened()
    folder = Workspaces(opened.project, session.room).take()
    try:
        for name in trial.files:
            _lay(Path(trial.folder, name), folder / name)
        if trial.seed is not None:
            _seed(trial.seed)
        return perform(trial.request, session.store, session.run, opened, folder)
    finally:
        drop(folder)


def _lay(source: Path, target: Path) -> None:
    with suppress(FileNotFoundError):  # a later step has dropped it
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _seed(seed: int) -> None:
    for name in ("random", "numpy.random"):
        with suppress(ImportError):
            import_module(name).seed(seed)


def main() -> None:
    """Read an order from standard input; write the outcome as the last line."""
    trial = from_json(Trial, json.load(sys.stdin))
    with redirect_stdout(sys.stderr):
        outcome = made(trial)
    sys.stdout.write("\n" + json.dumps(to_json(outcome)))


if __name__ == "__main__":
    main()
