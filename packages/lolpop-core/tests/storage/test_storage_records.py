"""Records of runs: written once, claimed by one process each, truthful after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from lolpop.contract import RunRef, RunState, StepState
from lolpop.errors import DamagedError, StorageError
from lolpop.storage import Store, artifacts
from lolpop.storage.prune import prune
from lolpop.storage.records import RunRecord, Runs, prefix_of

REF = RunRef("Local", "penguins é", "manual__2024-01-01T00:00:00+00:00/1")
ZERO = timedelta(0)


def opened(store: Store, ref: RunRef = REF, **options: str) -> RunRecord:
    return Runs(store).open(ref, "p" * 64, **options)


def expire(store: Store, run: RunRecord, name: str = "lease.json") -> None:
    path = store.local_path(run.key("steps", "fit", "0000", name))
    assert path
    then = path.stat().st_mtime - 60
    os.utime(path, (then, then))


def test_the_package_that_was_pinned_first_holds(any_store: Store) -> None:
    first = Runs(any_store).open(REF, "a" * 64, parameters={"seed": [7]})
    second = Runs(any_store).open(REF, "b" * 64, parameters={"seed": 8})
    assert (second.package_digest, second.parameters) == ("a" * 64, {"seed": [7]})
    assert second.created_at == first.created_at
    assert Runs(any_store).find(REF).start == first.start
    assert Runs(any_store).find(RunRef("Local", "penguins é", "x")) is None


def test_runs_are_listed_by_orchestrator_and_deployment(any_store: Store) -> None:
    refs = [RunRef("Local", "a", "1"), RunRef("Local", "b/c", "1"), RunRef("X", "a", "..")]
    for ref in refs:
        opened(any_store, ref)
    runs = Runs(any_store)
    assert [run.ref for run in runs.all()] == refs
    assert [run.ref for run in runs.all(orchestrator="Local", deployment="b/c")] == [refs[1]]
    assert [run.ref for run in runs.all(deployment="a")] == [refs[0], refs[2]]


def test_what_ended_stays_as_it_ended(any_store: Store) -> None:
    run = opened(any_store)
    assert (run.ended, run.stopping) == (None, False)
    assert (run.mark_stopping("asked"), run.mark_stopping("again")) == (True, False)
    assert (run.end(RunState.FAILED, "E: x"), run.end(RunState.SUCCEEDED)) == (True, False)
    assert run.stopping
    assert (run.ended.state, run.ended.error) == (RunState.FAILED, "E: x")


def test_the_life_of_a_step(any_store: Store, tmp_path: Path) -> None:
    run = opened(any_store)
    first = run.claim("fit", engine_attempt=3)
    first.renew()
    status = run.steps()[0].attempts[0]
    assert (status.state, status.engine_attempt, status.pid) == (StepState.RUNNING, 3, os.getpid())
    assert first.close(StepState.FAILED, "E: x", 1) is True
    assert first.close(StepState.SUCCEEDED) is False
    second = run.claim("fit")
    output = artifacts.put(any_store, [1], tmp_path)
    second.close(StepState.SUCCEEDED, output=output, inputs={"load": "d" * 64})
    (step,) = run.steps()
    assert (step.name, step.state) == ("fit", StepState.SUCCEEDED)
    assert [(each.attempt, each.error) for each in step.attempts] == [(0, "E: x"), (1, None)]
    assert run.output("fit") == output
    assert run.output("other") is None


def test_a_rerun_finds_outputs_in_its_parent(store: Store, tmp_path: Path) -> None:
    output = artifacts.put(store, 1, tmp_path)
    opened(store, RunRef("X", "a", "1")).claim("fit").close(StepState.SUCCEEDED, output=output)
    assert opened(store, RunRef("X", "a", "2"), parent_run_id="1").output("fit") == output


@pytest.mark.parametrize("sign", ["lease.json", "claim.json"])
def test_an_attempt_without_a_sign_of_life_has_crashed(store: Store, sign: str) -> None:
    run = opened(store)
    attempt = run.claim("fit")
    if sign == "lease.json":
        attempt.renew()
    expire(store, run, sign)
    (step,) = run.steps()
    assert (step.state, step.attempts[0].error) == (
        StepState.CRASHED,
        "its process ended without a word",
    )
    assert step.attempts[0].ended_at is not None
    attempt.renew()
    assert run.steps()[0].state is StepState.RUNNING


CLAIM = """
import sys
from lolpop.contract import RunRef
from lolpop.storage import Store
from lolpop.storage.records import Runs
run = Runs(Store(sys.argv[1])).open(RunRef("L", "d", "r"), sys.argv[2])
sys.stdin.readline()
print(run.package_digest, *[run.claim("fit").number for _ in range(20)])
"""


def test_many_processes_claim_each_number_once(store: Store) -> None:
    commands = [[sys.executable, "-c", CLAIM, store.url, f"digest{number}"] for number in range(6)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for command in commands
    ]
    for child in children:
        assert child.stdin
        child.stdin.write("\n")
        child.stdin.flush()
    answers = [child.communicate()[0].split() for child in children]
    assert len({answer[0] for answer in answers}) == 1
    assert sorted(int(each) for answer in answers for each in answer[1:]) == [*range(120)]


def test_claims_on_a_bucket(s3_store: Store) -> None:
    run = opened(s3_store)
    assert [run.claim("fit").number for _ in range(2)] == [0, 1]
    run.attempts("fit")[0].append_log(b"one\n")
    run.attempts("fit")[0].append_log(b"two\n")
    assert run.attempts("fit")[0].read_log(2) == b"e\ntwo\n"
    assert run.steps()[0].state is StepState.RUNNING


def test_the_log_is_added_to_and_read_from_a_byte_on(any_store: Store) -> None:
    attempt = opened(any_store).claim("fit")
    assert attempt.read_log() == b""
    for each in (b"one\n", b"two\n"):
        attempt.append_log(each)
    assert (attempt.read_log(), attempt.read_log(5)) == (b"one\ntwo\n", b"wo\n")
    assert (attempt.log_path is None) is not any_store.is_local


def test_what_was_logged_outlives_a_kill(store: Store) -> None:
    script = (
        "import os, sys, signal; from lolpop.contract import RunRef;"
        "from lolpop.storage import Store; from lolpop.storage.records import Runs;"
        "a = Runs(Store(sys.argv[1])).open(RunRef('L', 'd', 'r'), 'p').claim('fit');"
        "a.append_log(b'last words'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, store.url], check=False).returncode == -9
    run = Runs(store).find(RunRef("L", "d", "r"))
    assert run.attempts("fit")[0].read_log() == b"last words"


@pytest.mark.parametrize("garbage", [b"", b'{"ref": ', b"\xff\x00", b"[]", b"{}"])
def test_a_torn_record_is_named_and_hides_no_other(any_store: Store, garbage: bytes) -> None:
    torn, whole = RunRef("L", "d", "torn"), RunRef("L", "d", "whole")
    any_store.write(f"{prefix_of(torn)}/run.json", garbage)
    opened(any_store, whole)
    runs = Runs(any_store)
    assert [run.ref for run in runs.all()] == [whole]
    assert [*runs.damaged] == ["runs/L/d/torn/run.json"]
    with pytest.raises(DamagedError, match=r"^the record 'runs/L/d/torn/run\.json' in the storag"):
        runs.find(torn)
    look = runs.look(torn)
    assert look
    assert (look.ref, look.package_digest, [*look.damaged]) == (torn, "", [*runs.damaged])
    assert look.damage == "these records can't be read: runs/L/d/torn/run.json"
    any_store.write("artifacts/ab/abc", b"unused")
    pruned = prune(any_store, ZERO, deployed=())
    assert (pruned.runs, [*pruned.damaged]) == ((whole,), ["runs/L/d/torn/run.json"])
    assert any_store.exists("artifacts/ab/abc")  # the run may refer to it


@pytest.mark.parametrize("name", ["claim.json", "close.json", "lease.json"])
def test_torn_records_of_an_attempt(store: Store, name: str) -> None:
    run = opened(store)
    run.claim("fit").close(StepState.SUCCEEDED)
    store.write(run.key("steps", "fit", "0000", name), b"{")
    (step,) = run.steps()
    wrong = name == "close.json"
    assert step.state is (StepState.CRASHED if wrong else StepState.SUCCEEDED)
    assert step.attempts[0].error == ("the record of its end can't be read" if wrong else None)
    assert [*run.damaged] == (
        [] if name == "lease.json" else [run.key("steps", "fit", "0000", name)]
    )


def finished(store: Store, ref: RunRef, value: object, folder: Path) -> str:
    run = opened(store, ref)
    output = artifacts.put(store, value, folder, [(0,)])
    run.claim("fit").close(StepState.SUCCEEDED, output=output)
    return output.digest


def test_pruning_keeps_what_is_young_alive_or_referred_to(any_store: Store, tmp_path: Path) -> None:
    over, alive = RunRef("L", "d", "over"), RunRef("L", "d", "alive")
    any_store.write("packages/old.zip", b"zip")
    gone = finished(any_store, over, ([1], 2), tmp_path)
    kept = finished(any_store, alive, ([3], 4), tmp_path)
    Runs(any_store).find(alive).claim("next")
    Runs(any_store).find(over).end(RunState.SUCCEEDED)
    assert prune(any_store, timedelta(days=1)).size == 0
    before = any_store.list()
    planned = prune(any_store, ZERO, dry_run=True, deployed=())
    assert any_store.list() == before
    done = prune(any_store, ZERO, deployed=())
    assert (done.runs, done.packages) == ((over,), ("old",)) == (planned.runs, planned.packages)
    assert gone in done.artifacts == planned.artifacts
    assert artifacts.get(any_store, kept, tmp_path) == ([3], 4)
    assert [run.ref for run in Runs(any_store).all()] == [alive]


def test_a_record_that_this_user_may_not_read_hides_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, whole = RunRef("L", "d", "secret"), RunRef("L", "d", "whole")
    for ref in (secret, whole):
        opened(store, ref)
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if "secret" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    runs = Runs(store)
    assert [run.ref for run in runs.all()] == [whole]
    assert runs.damaged[f"{prefix_of(secret)}/run.json"].startswith("[Errno 13] Permission denied")
    with pytest.raises(StorageError) as caught:
        runs.find(secret)
    assert not isinstance(caught.value, DamagedError)
    assert "who can share it with a group" in (caught.value.hint or "")
