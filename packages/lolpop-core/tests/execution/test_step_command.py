"""The step command: whatever happens to its process, the record and the log tell the truth."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import StepState
from lolpop.errors import StorageError
from lolpop.execution import watching
from lolpop.storage import Store, artifacts
from lolpop.storage.attempts import Attempt, Claim, now
from lolpop.storage.journal import Journal

CRASH = "StepCrashed: the process of work.do"


def test_a_step_that_succeeds(steps: Any) -> None:
    assert steps.call() == (0, "")
    (attempt,) = steps.attempts()
    assert (attempt.state, attempt.error, attempt.exit_code) == (StepState.SUCCEEDED, None, 0)
    assert (attempt.host, attempt.inputs) == (socket.gethostname(), {})
    assert steps.log() == "well done\n"
    assert steps.seen == ["worked with 1"]
    assert list((steps.storage / "cache" / "work").iterdir()) == []


def test_the_inputs_are_recorded(steps: Any) -> None:
    steps.call()
    assert steps.call(step="work.end")[0] == 0
    (attempt,) = steps.attempts("work.end")
    assert list(attempt.inputs) == ["work.do[0]", "work.do[1]"]
    store = Store(str(steps.storage))
    found = [artifacts.get(store, digest, Path()) for digest in attempt.inputs.values()]
    assert found == [[1, "x"], {"a": 2}]


@pytest.mark.parametrize(
    ("how", "code", "state", "error", "child"),
    [
        ("raise", 1, "failed", "ValueError: it is broken", 0),
        ("fatal", 64, "failed", "Fatal: never again", 0),
        ("leave", 1, "failed", "SystemExit: bye", 0),
        ("interrupt", 1, "failed", "KeyboardInterrupt", 0),
        ("memory", 1, "failed", "MemoryError", 0),
        ("exit", 3, "crashed", f"{CRASH} ended with exit code 3, without a word", 3),
        (
            "kill",
            137,
            "crashed",
            f"{CRASH} was ended by SIGKILL: perhaps the machine ran out of memory",
            -9,
        ),
    ],
)
def test_a_step_that_fails(
    steps: Any, how: str, code: int, state: str, error: str, child: int
) -> None:
    found, said = steps.call(how)
    (attempt,) = steps.attempts()
    assert (found, attempt.state.value, attempt.error) == (code, state, error)
    assert attempt.exit_code == child
    assert said.splitlines()[-1] == error
    assert steps.log().splitlines()[-1] == error
    assert ("just before" in steps.log()) == (how in ("exit", "kill"))


def test_a_traceback_begins_at_the_users_code(steps: Any) -> None:
    steps.call("raise")
    lines = steps.log().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('flow.py", line 25, in do')


def test_megabytes_of_output(steps: Any) -> None:
    process = steps.start("print")
    printed, said = process.communicate(timeout=120)
    expected = "".join(f"{number:02}{'x' * (2**20 - 3)}\n" for number in range(20))
    assert process.returncode == 1, said  # None can't be unpacked
    assert printed.decode() == expected
    assert steps.log().startswith(expected)


def test_a_very_long_error(steps: Any) -> None:
    assert steps.call("long")[0] == 1
    assert steps.attempts()[0].error == f"ValueError: {'x' * 2**20}"


def test_daemons_do_not_outlive_their_step(steps: Any) -> None:
    code, said = steps.call("daemons")
    assert code == 1
    assert len(steps.daemons()) == 3
    assert steps.living() == []
    assert said.splitlines()[-2] == "lolpop: ended processes that work.do left behind: 3"


def test_a_daemon_that_keeps_everything_open(steps: Any) -> None:
    assert steps.call("forked_exit")[0] == 3
    assert steps.living() == []
    assert steps.attempts()[0].error == f"{CRASH} ended with exit code 3, without a word"


def test_a_step_that_takes_too_long(steps: Any) -> None:
    code, said = steps.call("sleep", timeout=3.0)
    error = "StepTimeout: work.do took longer than 3 s"
    assert (code, said.splitlines()[-1]) == (124, error)
    (attempt,) = steps.attempts()
    assert (attempt.state, attempt.error) == (StepState.FAILED, error)
    assert steps.living() == []


def test_two_signals_stop_it_once(steps: Any) -> None:
    process = steps.start("sleep")
    steps.wait_for("sleeping")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    (attempt,) = steps.attempts()
    assert (attempt.state, attempt.error) == (StepState.CANCELLED, "StepStopped: got SIGTERM")
    assert len(steps.daemons()) == 2
    assert steps.living() == []


def test_nothing_starts_in_a_run_that_is_being_stopped(steps: Any) -> None:
    steps.call()
    steps.record.mark_stopping("by a test")
    refused = f"UnsupportedError: run {steps.ref.run_id!r} is being stopped: nothing is started\n"
    assert steps.call(step="work.end") == (65, refused)
    assert steps.attempts("work.end") == []


def test_a_later_attempt_ends_what_an_older_one_left(steps: Any) -> None:
    process = steps.start("sleep")
    steps.wait_for("sleeping")
    stubborn = steps.daemons()[0]
    process.kill()
    process.wait()
    assert stubborn in steps.living()
    code, said = steps.call()
    assert (code, steps.living()) == (0, [])
    assert said == "lolpop: ended 1 process(es) of older attempts of work.do\n"
    first, second = steps.attempts()
    assert (first.state, second.state) == (StepState.CRASHED, StepState.SUCCEEDED)
    error = "StepCrashed: the process that watched work.do is gone, and it was started again"
    assert first.error == error


def test_an_attempt_that_is_watched_says_itself_how_it_ended(steps: Any) -> None:
    older = steps.start("sleep")
    steps.wait_for("sleeping")
    assert steps.call()[0] == 0
    assert older.wait(timeout=60) == 128 + signal.SIGTERM
    assert steps.living() == []
    first, second = steps.attempts()
    assert (first.error, second.state) == (f"{CRASH} was ended by SIGTERM", StepState.SUCCEEDED)


def test_an_attempt_of_another_host_is_left_alone(steps: Any) -> None:
    steps.call()
    journal = Journal(Store(str(steps.storage)))
    folder = steps.record.key("steps", "work.do")
    claim = Claim(
        step="work.do", engine_attempt=1, host="elsewhere", pid=os.getpid(), started_at=now()
    )
    assert journal.create(f"{folder}/0001/claim.json", claim)
    assert steps.call()[0] == 0
    assert Attempt(journal, folder, 1).is_alive
    states = [attempt.state for attempt in steps.attempts()]
    assert states == [StepState.SUCCEEDED, StepState.RUNNING, StepState.SUCCEEDED]


def test_secrets_are_masked(steps: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLPOP_TEST_TOKEN", "s3cret-value")
    monkeypatch.setenv("SHORT", "abc")
    process = steps.start("secrets")
    printed, said = process.communicate(timeout=120)
    assert printed == b"*** no secret: abc abc\n"
    assert said.decode().splitlines()[0] == "'***'"
    assert "s3cret-value" not in steps.log() + said.decode()
    assert steps.attempts()[0].error == "ValueError: refused ***"


def test_a_secret_that_is_returned_is_not_in_the_record(
    steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_TOKEN", "s3cret-value" * 20)
    assert steps.call("told")[0] == 0
    assert steps.record.output("work.do").preview == "('***', None)"
    files = [path for path in steps.storage.rglob("*.json") if "runs" in path.parts]
    assert files
    assert not any(b"s3cret" in path.read_bytes() for path in files)


def test_the_working_process_dies_with_the_one_that_watches(steps: Any) -> None:
    process = steps.start("sleep")
    steps.wait_for("sleeping")
    process.kill()
    process.wait()
    worker = steps.daemons()[1]
    subprocess.run(["tail", "--pid", str(worker), "-f", os.devnull], timeout=60, check=True)


def test_a_module_of_the_working_folder_hides_none_of_ours(steps: Any, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('hidden')\n")
    words = [sys.executable, "-P", "-m", "lolpop.execution", "run", "--help"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_parameters_are_those_that_the_run_began_with(steps: Any) -> None:
    steps.call()
    steps.witness.with_name(f"{steps.witness.name}.how").unlink()
    other = {"how": "raise", "witness": str(steps.witness)}
    process = steps.start(parameters=other)
    steps.witness.with_name(f"{steps.witness.name}.how").unlink()
    assert process.wait() == 0


def test_a_process_that_dies_with_a_code_of_ours_has_crashed(steps: Any) -> None:
    code, said = steps.call("usage")
    assert code == 1  # not 64, after which nobody would try again
    assert said == f"40 %\n{CRASH} ended with exit code 64, without a word\n"
    assert steps.log() == said


class Ends:
    """Attempts whose end can't be recorded for some time."""

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.close = Attempt.close

    def __call__(self, attempt: Attempt, *given: Any, **named: Any) -> bool:
        self.left -= 1
        if self.left >= 0:
            raise StorageError("no space", url="/s")
        return self.close(attempt, *given, **named)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pipes end with it
@pytest.mark.parametrize(("failures", "code", "state"), [(2, 0, "succeeded"), (3, 1, "running")])
def test_an_end_that_cannot_be_recorded_at_once(
    steps: Any, monkeypatch: pytest.MonkeyPatch, failures: int, code: int, state: str
) -> None:
    ends = Ends(failures)
    monkeypatch.setattr(watching, "_PAUSES", (0, 0))
    monkeypatch.setattr(Attempt, "close", lambda *given, **named: ends(*given, **named))
    assert watching.run(steps.request()) == code
    (attempt,) = steps.attempts()
    assert attempt.state.value == state
