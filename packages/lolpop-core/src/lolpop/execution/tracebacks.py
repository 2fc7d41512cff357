"""What a step raised, in words: its error in one line, and a traceback of the user's own frames."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from lolpop.errors import ConfigError, Problem
from lolpop.package.archive import CONFIG

_OURS = str(Path(__file__).parents[1])


def said(error: BaseException, folder: Path) -> str:
    """Give `Type: message` in one line, the same on every engine.

    Args:
        error: What was raised.
        folder: The working folder, which differs each time: paths in it are given as the
            project has them.
    """
    text = " ".join(_message(error).split("\n")).replace(f"{folder}/", "")
    kind = type(error).__name__
    return _printable(f"{kind}: {text}" if text else kind)


def show(error: BaseException, folder: Path) -> None:
    """Print a traceback that begins where the user's code does, to standard error.

    Its last line, the error, is left out: it is added to the log where the attempt is closed.
    """
    summary = traceback.TracebackException.from_exception(error)
    for each in _chain(summary):
        frames = [frame for frame in each.stack if not frame.filename.startswith(_OURS)]
        each.stack = traceback.StackSummary.from_list(frames or list(each.stack))
        for frame in each.stack:
            frame.filename = frame.filename.removeprefix(f"{folder}/")
    text = _printable("".join(summary.format()).replace(f'File "{folder}/', 'File "'))
    sys.stderr.write(text.removesuffix(f"{said(error, folder)}\n"))
    sys.stderr.flush()


def _chain(summary: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    yield summary
    further = (summary.__cause__, summary.__context__, *(summary.exceptions or ()))
    for each in further:
        if each is not None:
            yield from _chain(each)


def _message(error: BaseException) -> str:
    if isinstance(error, ConfigError):
        return "; ".join(map(_problem, error.problems))
    try:
        return str(error)
    except Exception as broken:
        return f"<its text can't be had: {type(broken).__name__} in __str__>"


def _problem(problem: Problem) -> str:
    """Give a problem; its place in the packaged file, which nobody has written, says nothing."""
    packaged = problem.place is not None and problem.place.file == CONFIG
    return f"{problem.path}: {problem.message}" if packaged else str(problem)


def _printable(text: str) -> str:
    """Write what is no character, such as half a surrogate pair, as an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
