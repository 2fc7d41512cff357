"""Find and end the processes of an attempt, wherever they hang in the process tree."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import psutil

from lolpop.contract import RunRef
from lolpop.storage.records import RunRecord

VARIABLE = "LOLPOP_ATTEMPT"
WORKER = "LOLPOP_WORKER"
"""What a warm process and all that it forks carry: a fork keeps the environment of the start."""

_PROC = Path("/proc/self").parent
_STARTED = 5.0
"""Seconds in which a new program has its environment, on a busy machine too."""
_SET_CHILD_SUBREAPER = 36


def token_of(storage: str, ref: RunRef, step: str, number: int) -> str:
    """Give what the processes of an attempt carry in their environment.

    Two engines of one host may give the same id to runs of deployments of the same name, as
    Airflow does to scheduled ones: their storages tell them apart.
    """
    place = storage.removeprefix("file://").rstrip("/")
    name = "\0".join([place, ref.orchestrator, ref.deployment, ref.run_id, step, str(number)])
    return sha256(name.encode()).hexdigest()[:32]


def tokens_of(run: RunRecord) -> list[str]:
    """Give the tokens of all attempts of a run that have started."""
    return [
        token_of(run.storage, run.ref, step.name, attempt.attempt)
        for step in run.steps()
        for attempt in step.attempts
    ]


def of_attempts(
    tokens: Iterable[str], pids: Iterable[int] = (), workers: Iterable[str] = ()
) -> list[psutil.Process]:
    """Find the living processes of attempts: by their environment, and beneath given ones.

    Args:
        tokens: The values of `LOLPOP_ATTEMPT` that the attempts' processes carry.
        pids: Processes that are theirs for certain, with everything beneath them.
        workers: The values of `LOLPOP_WORKER` of processes that are theirs alone.
    """
    wanted = {f"{VARIABLE}={token}".encode() for token in tokens}
    wanted |= {f"{WORKER}={worker}".encode() for worker in workers}
    found = {process.pid: process for process in _carrying(wanted)} if wanted else {}
    for pid in pids:
        found.update(_family(pid))
    return [process for process in found.values() if alive(process)]


def adopt_orphans() -> bool:
    """Become the parent of descendants that lose theirs, daemons included (Linux).

    Returns:
        Whether the kernel does that. `childless` is to be believed only then.
    """
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def childless() -> bool:
    """Whether this process has no living children; those that ended are reaped."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return True
    return False


def beneath(pid: int) -> list[psutil.Process]:
    """Find the living processes beneath one."""
    return [process for process in _family(pid).values() if process.pid != pid and alive(process)]


def _carrying(entries: set[bytes]) -> Iterator[psutil.Process]:
    """Find the processes whose environment carries one of some entries."""
    for pid in psutil.pids():
        if not entries.isdisjoint(environment_of(pid)):
            try:
                yield psutil.Process(pid)
            except psutil.Error:
                continue


def environment_of(pid: int) -> Iterable[bytes]:
    """Give a process's environment as it started; read from /proc where there is one."""
    try:
        if _PROC.is_dir():
            return _of_proc(_PROC / str(pid)).split(b"\0")
        return [f"{key}={value}".encode() for key, value in psutil.Process(pid).environ().items()]
    except (psutil.Error, OSError):
        return ()


def _of_proc(folder: Path) -> bytes:
    """Read a process's environment; wait for that of a program that is just being started."""
    file = folder / "environ"
    deadline = time.monotonic() + _STARTED
    while not (found := file.read_bytes()) and _is_starting(folder) and time.monotonic() < deadline:
        time.sleep(0.001)
    return found or file.read_bytes()  # it may have come between the two questions


def _is_starting(folder: Path) -> bool:
    """Whether the kernel has yet to say where a new program's environment ends.

    Whoever started it has gone on by then: an empty environment says nothing in that moment.
    """
    env_end = (folder / "stat").read_bytes().rsplit(b" ", 2)[1]
    return env_end == b"0" and (folder / "exe").exists()  # a kernel's thread has neither


def _family(pid: int) -> dict[int, psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return {member.pid: member for member in [parent, *parent.children(recursive=True)]}
    except psutil.Error:
        return {}


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs; a zombie doesn't."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def lives(pid: int) -> bool:
    """Whether a process of this id runs; a zombie, which somebody has yet to reap, doesn't."""
    try:
        return alive(psutil.Process(pid))
    except psutil.Error:
        return False


def end(processes: Iterable[psutil.Process], grace: float) -> list[psutil.Process]:
    """Ask processes to end, and kill those that haven't after a while.

    Args:
        processes: The processes.
        grace: Seconds between asking and killing.

    Returns:
        Those that live all the same.
    """
    left = [process for process in processes if alive(process)]
    _each(left, "terminate")
    left = _gone(left, grace)
    _each(left, "kill")
    return _gone(left, 5.0)


def _each(processes: Iterable[psutil.Process], action: str) -> None:
    for process in processes:
        try:
            getattr(process, action)()
        except psutil.Error:
            continue


def _gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until processes are gone; give those that aren't."""
    deadline = time.monotonic() + seconds
    left = [process for process in processes if alive(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if alive(process)]
    return left
