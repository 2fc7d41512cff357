"""Warm processes: each attempt finds its process as if it were new, and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import StepState
from lolpop.execution.processes import token_of
from lolpop.execution.session import open_session
from lolpop.execution.verdict import Verdict
from lolpop.local.making import Making
from lolpop.local.workers import Worker, Workers
from lolpop.storage import Store, artifacts


class Warm:
    """Makes attempts of one run, one after the other."""

    def __init__(self, steps: Any) -> None:
        self.steps = steps
        self.workers = Workers(sys.executable)
        self.stopped: int | None = None

    def make(self, how: str, **changes: Any) -> Verdict:
        request = self.steps.request(how, **changes)
        run = open_session(request).run
        return Making(run, self.workers, lambda: self.stopped).attempt(request)

    def value(self, how: str) -> Any:
        """Make an attempt; give what its method returned."""
        self.make(how)
        closing = self.steps.record.attempts("work.do")[-1].closing
        assert closing.output, closing.error
        store = Store(str(self.steps.storage))
        return artifacts.get(store, closing.output.digest, self.steps.storage)


@pytest.fixture
def warm(steps: Any) -> Iterator[Warm]:
    made = Warm(steps)
    yield made
    made.workers.close()
    assert list((steps.storage / "cache" / "work").iterdir()) == []


def test_every_attempt_finds_a_new_process(warm: Warm) -> None:
    first, pid = warm.value("traces")
    second, same = warm.value("traces")
    assert pid == same
    assert first[:2] == second[:2] == [None, False]
    assert first[2] != second[2]
    assert warm.value("pid")[0] == pid
    assert warm.steps.log(2) == "here\n"


def test_every_attempt_imports_the_projects_modules_anew(warm: Warm) -> None:
    counts, files = warm.value("counts")
    assert counts == [1, 1]
    assert {"counting.py", "flow.py", "left.txt", "spaced"} <= set(files)
    again, later = warm.value("counts")
    assert (again, later) == (counts, files)


def test_an_attempt_works_in_a_copy_of_its_own(warm: Warm) -> None:
    before = warm.value("counts")[1]
    assert warm.value("counts")[1] == before
    project = next((warm.steps.storage / "cache" / "packages").glob("*/project"))
    assert not (project / "left.txt").exists()


def test_an_attempts_token_is_in_its_environment(warm: Warm) -> None:
    tokens = [warm.value("pid")[1] for _ in range(2)]
    assert tokens == [
        token_of(str(warm.steps.storage), warm.steps.ref, "work.do", number) for number in range(2)
    ]


@pytest.mark.parametrize(("how", "state"), [("daemons", "failed"), ("forked_exit", "crashed")])
def test_what_an_attempt_forks_is_ended(warm: Warm, how: str, state: str) -> None:
    assert warm.make(how).state.value == state
    assert len(warm.steps.daemons()) == (3 if how == "daemons" else 1)
    assert warm.steps.living() == []
    assert warm.make("well").state is StepState.SUCCEEDED


def test_a_process_that_dies_is_replaced(warm: Warm) -> None:
    pid = warm.value("pid")[0]
    assert warm.make("kill").state is StepState.CRASHED
    assert warm.steps.log(1).startswith("just before\nStepCrashed: ")
    assert warm.value("pid")[0] != pid


def test_a_process_with_a_thread_left_is_replaced(warm: Warm) -> None:
    pid = warm.value("thread")[0]
    assert warm.value("pid")[0] != pid


def test_megabytes_of_output(warm: Warm) -> None:
    warm.make("print")
    expected = "".join(f"{number:02}{'x' * (2**20 - 3)}\n" for number in range(20))
    assert warm.steps.log().startswith(expected)


def test_a_very_long_error(warm: Warm) -> None:
    assert warm.make("long").error == f"ValueError: {'x' * 2**20}"


def test_an_attempt_that_takes_too_long(warm: Warm) -> None:
    warm.make("well")  # warm, so that the time is the step's
    verdict = warm.make("sleep", timeout=3.0)
    assert verdict.error == "StepTimeout: work.do took longer than 3 s"
    assert len(warm.steps.daemons()) == 2
    assert warm.steps.living() == []


def test_an_unknown_step(warm: Warm) -> None:
    verdict = warm.make("well", step="work.dp")
    assert (verdict.code, verdict.error) == (
        65,
        "NotFoundError: there is no step 'work.dp'; the workflow's steps are 'work.do', 'work.end'",
    )


def test_secrets_are_masked(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLPOP_TEST_TOKEN", "s3cret-value")
    monkeypatch.setenv("SHORT", "abc")
    assert warm.make("secrets").error == "ValueError: refused ***"
    lines = warm.steps.log().splitlines()
    assert lines[:2] == ["*** no secret: abc abc", "'***'"]
    assert lines[-1] == "ValueError: refused ***"
    assert "s3cret-value" not in warm.steps.log()
    assert warm.value("told") == ("s3cret-value", None)
    closing = warm.steps.record.attempts("work.do")[1].closing
    assert closing.output.preview == "('***', None)"


def test_what_a_process_printed_before_it_died_is_masked(
    warm: Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_TOKEN", "just")
    warm.make("kill")
    assert warm.steps.log().startswith("*** before\nStepCrashed: ")


@pytest.mark.parametrize(
    ("how", "alone", "stays"),
    [("pid", True, True), ("daemons", False, True), ("thread", False, False)],
)
def test_a_process_says_what_is_left_of_an_attempt(
    steps: Any, tmp_path: Path, how: str, alone: bool, stays: bool
) -> None:
    request = steps.request(how)
    open_session(request)
    worker = Worker(sys.executable)
    try:
        worker.order(request, "token", tmp_path / "log", None)
        outcome = worker.answer(lambda: True)
        assert outcome
        assert (outcome.alone, outcome.warm, worker.usable) == (alone, stays, stays)
    finally:
        worker.kill("token")
        worker.close()


def test_a_folder_of_a_dead_process_is_cleared_away(warm: Warm) -> None:
    room = warm.steps.storage / "cache" / "work"
    room.mkdir(parents=True, exist_ok=True)
    ours = f"{Path('/proc/sys/kernel/hostname').read_text().strip()}-"
    dead, foreign = room / f"{ours}4194999-0", room / "elsewhere-4194999-0"
    for folder in (dead, foreign):
        folder.mkdir()
    try:
        warm.make("well")
        assert not dead.exists()
        assert foreign.exists()
    finally:
        foreign.rmdir()
