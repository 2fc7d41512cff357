"""Step commands are watched by a thread, and end when somebody who waits is interrupted."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from lolpop.execution.child import Child, error_of

STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
pathlib.Path(sys.argv[1]).write_text(str(__import__("os").getpid()))
time.sleep(60)
time.sleep(60)
"""


def child(code: str, *arguments: str, parameters: dict[str, object] | None = None) -> Child:
    said: list[str] = []
    made = Child(
        [sys.executable, "-c", code, *arguments], parameters or {}, os.environ, said.append
    )
    made.__dict__["said"] = said
    return made


def pid_in(file: Path) -> int:
    deadline = time.monotonic() + 30
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(file.read_text())


def test_it_gets_the_parameters_and_its_lines_are_passed_on() -> None:
    made = child("print(input()); print('é'); print('x' * 70_000)", parameters={"a": "{{ é }}"})
    assert made.wait() == 0
    said = made.__dict__["said"]
    assert said[:2] == ['{"a": "{{ \\u00e9 }}"}', "é"]
    assert [len(line) for line in said[2:]] == [65536, 70_000 - 65536]


def test_the_last_line_is_kept_with_the_exit_code() -> None:
    made = child("import sys; print('first'); print('ValueError: x', file=sys.stderr); sys.exit(3)")
    assert (made.wait(), made.last) == (3, "ValueError: x")


def test_large_parameters_for_one_that_does_not_read_them() -> None:
    made = child("import os; os.close(0)", parameters={"a": "x" * 1_000_000})
    assert made.wait() == 0


def test_a_command_that_is_not_there_is_an_error_where_somebody_waits() -> None:
    made = Child(["/no/such/python"], {}, os.environ, print)
    with pytest.raises(FileNotFoundError, match="/no/such/python"):
        made.wait()


def test_one_that_is_asked_before_it_starts_never_does() -> None:
    made = child("print('started')")
    made.ask()
    assert made.wait() == -signal.SIGTERM
    assert made.__dict__["said"] == []


def test_what_is_raised_while_somebody_waits_ends_it(tmp_path: Path) -> None:
    made = child(
        "import os,pathlib,sys,time;pathlib.Path(sys.argv[1]).write_text(str(os.getpid()));"
        "time.sleep(60)",
        str(tmp_path / "pid"),
    )
    kept = signal.signal(signal.SIGUSR1, _interrupt)
    thread = threading.Thread(target=_signal_when, args=(tmp_path / "pid",))
    thread.start()
    try:
        with pytest.raises(_InterruptedError):
            made.wait()
    finally:
        signal.signal(signal.SIGUSR1, kept)
        thread.join()
    assert not psutil.pid_exists(pid_in(tmp_path / "pid"))


def test_one_that_does_not_want_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lolpop.execution.child.GRACE", 0.5)
    made = child(STUBBORN, str(tmp_path / "pid"))
    thread = threading.Thread(target=made.wait)
    thread.start()
    pid = pid_in(tmp_path / "pid")
    made.end()
    thread.join(timeout=30)
    assert (made.code, psutil.pid_exists(pid)) == (-signal.SIGKILL, False)
    assert made.__dict__["said"] == ["asked"]


class _InterruptedError(BaseException):
    pass


def _interrupt(*_: object) -> None:
    raise _InterruptedError


def _signal_when(file: Path) -> None:
    pid_in(file)
    os.kill(os.getpid(), signal.SIGUSR1)


@pytest.mark.parametrize(
    ("code", "last", "error"),
    [
        (1, "ValueError: it is broken: é {{ x }}", ("ValueError", "it is broken: é {{ x }}")),
        (64, "Fatal: never again", ("Fatal", "never again")),
        (1, "KeyError", ("KeyError", "")),
        (1, "some words: and more", ("StepCrashed", "the step command ended with exit code 1")),
        (1, "", ("StepCrashed", "the step command ended with exit code 1")),
        (-9, "ValueError: x", ("StepCrashed", "the step command ended with exit code -9")),
    ],
)
def test_the_last_line_names_the_error(code: int, last: str, error: tuple[str, str]) -> None:
    assert error_of(code, last) == error
