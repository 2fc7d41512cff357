"""Tracebacks of a user's own code: the user's frames, not ours."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
import traceback
from itertools import dropwhile
from pathlib import Path

import pluggy

import lolpop
from lolpop.errors import EngineError, LolpopError, MissingValueError, StorageError

_OURS = tuple(f"{Path(str(each.__file__)).parent}/" for each in (lolpop, pluggy, asyncio))
_MACHINERY = ("<frozen importlib",)


def show(error: BaseException, whole: bool) -> None:
    """Print the traceback that belongs to an error to standard error.

    Args:
        error: The error; for one of ours, what the user's code raised is its cause.
        whole: Whether to show all frames, and the traceback of an error of ours too.
    """
    shown: BaseException | None = error
    if isinstance(error, LolpopError) and not whole:
        shown = _users(error)
    if shown is None:
        return
    summary = traceback.TracebackException.from_exception(shown)
    if not whole:
        _strip(summary)
    sys.stderr.write("".join(summary.format()))


def _users(error: LolpopError) -> BaseException | None:
    """Find the exception of the user's own code beneath an error of ours.

    Beneath the trouble of an engine or a storage there is its client's code.
    """
    if isinstance(error, (EngineError, StorageError)):
        return None
    # A key that isn't configured is asked for by a line of the user's.
    raised = error if isinstance(error, MissingValueError) else error.__cause__
    return raised if raised and _has_foreign_frames(raised) else None


def _has_foreign_frames(error: BaseException) -> bool:
    if isinstance(error, SyntaxError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    return any(not (_is_ours(each.filename) or _is_pythons(each.filename)) for each in frames)


def _is_ours(filename: str) -> bool:
    return filename.startswith((*_OURS, *_MACHINERY))


def _is_pythons(filename: str) -> bool:
    """Whether a file is of Python's own library; what pip installs may lie beneath it."""
    paths = sysconfig.get_paths()
    installed = filename.startswith((paths["purelib"], paths["platlib"]))
    return filename.startswith((f"{paths['stdlib']}/", "<frozen ")) and not installed


def _strip(summary: traceback.TracebackException) -> None:
    frames = [frame for frame in summary.stack if not _is_ours(frame.filename)]
    # What leads to the user's first frame, such as importlib's functions, says nothing.
    users = list(dropwhile(lambda frame: _is_pythons(frame.filename), frames))
    summary.stack = traceback.StackSummary.from_list(users or frames)
    for inner in (summary.__cause__, summary.__context__):
        if inner is not None:
            _strip(inner)
    for member in getattr(summary, "exceptions", None) or ():
        _strip(member)
