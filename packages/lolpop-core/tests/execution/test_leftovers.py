"""What is left of a run is ended here, waited for elsewhere, and told."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from lolpop.contract import RunRef, StepState
from lolpop.execution.leftovers import end_leftovers, is_alive
from lolpop.execution.processes import token_of


def test_what_outlived_its_step_command_is_ended_and_its_attempt_closed(steps: Any) -> None:
    command = steps.start("sleep")
    steps.wait_for("sleeping")
    command.kill()
    command.wait()
    assert steps.living() != []
    assert is_alive(steps.record)
    steps.record.mark_stopping("asked by a test")
    assert end_leftovers(steps.record, time.monotonic(), grace=0.5) == []
    assert steps.living() == []
    assert [attempt.state for attempt in steps.attempts()] == [StepState.CANCELLED]
    assert not is_alive(steps.record)


def test_an_attempt_elsewhere_is_told_as_long_as_its_lease_runs(
    steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.call("well")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(socket, "gethostname", lambda: "far.example.org")
        attempt = steps.record.claim("work.end")
    began = time.monotonic()
    assert end_leftovers(steps.record, began + 1.0) == [
        f"run {steps.ref.run_id}: an attempt on far.example.org"
    ]
    assert time.monotonic() > began + 1.0
    attempt.close(StepState.SUCCEEDED)
    assert end_leftovers(steps.record, time.monotonic() + 60) == []


def test_an_attempt_here_whose_process_cannot_be_seen_is_told_too(steps: Any) -> None:
    steps.call("well")
    attempt = steps.record.claim("work.end")  # by this process, which carries no token
    here = socket.gethostname()
    assert end_leftovers(steps.record, time.monotonic()) == [
        f"run {steps.ref.run_id}: an attempt on {here}"
    ]
    assert not attempt.is_closed


def test_runs_of_the_same_name_in_two_storages_are_told_apart() -> None:
    ref = RunRef("AirflowOrchestrator", "penguins", "scheduled__2026-11-28T06:00:00+00:00")
    one, other = (token_of(place, ref, "train.fit", 0) for place in ("/staging", "/production"))
    assert one != other
    assert token_of("file:///staging/", ref, "train.fit", 0) == one
