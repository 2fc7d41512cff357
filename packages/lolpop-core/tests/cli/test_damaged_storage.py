"""Something in the storage can't be read: the other verbs go on, and say what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lolpop.storage import Store
from lolpop.storage.records import Runs

BODY = """
work: "Work"

def run(self):
    return self.work.do()
"""
BEFORE = """
class Work(Pipeline):
    def do(self):
        print("said")
        return [1]
"""
CONTENTS = [b"{", b"[" * 100_000, None]
KEYS = {
    "run.json": "runs/LocalOrchestrator/my/{run}/run.json",
    "end.json": "runs/LocalOrchestrator/my/{run}/end.json",
    "claim.json": "runs/LocalOrchestrator/my/{run}/steps/work.do/0000/claim.json",
    "close.json": "runs/LocalOrchestrator/my/{run}/steps/work.do/0000/close.json",
    "note": "deployed",
    "project": "projects/birds/package.json",
}
VERBS = [
    "deployment list",
    "deployment status my",
    "deployment logs my",
    "runs list",
    "runs show latest",
    "runs report latest -o page.html",
    "storage prune --older-than 0 --dry-run",
    "deployment run my --wait",
    "deployment plan",
    "deployment build",
    "deployment stop my",
    "deployment remove my",
]


@pytest.fixture
def store(project: Any, inside: Any, tmp_path: Path) -> Store:
    """Give the storage of a project that is deployed and has two runs."""
    deployment = "deployment: {name: my, project: birds}"
    project(BODY, BEFORE, f"pipelines: {{work: Work}}\n{deployment}")
    for words in ("deployment build", *["deployment run my --wait"] * 2):
        done = inside(*words.split())
        assert done.returncode == 0, done.stderr
    return Store(str(tmp_path / ".lolpop"))


def key_of(store: Store, kind: str) -> str:
    run = Runs(store).all()[-1].ref.run_id
    key = KEYS[kind].format(run=run)
    return store.list(key)[0] if kind == "note" else key


def damage(store: Store, key: str, content: bytes | None) -> None:
    path = store.local_path(key)
    assert path
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("content", CONTENTS, ids=["torn", "deep", "folder"])
def test_every_verb_goes_on(inside: Any, store: Store, kind: str, content: bytes | None) -> None:
    damage(store, key_of(store, kind), content)
    for words in VERBS:
        done = inside(*words.split())
        assert done.returncode == 0, (words, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
    assert json.loads(inside("deployment", "list", "--output", "json").stdout) == []


def test_it_is_said_what_is_damaged(inside: Any, store: Store) -> None:
    end = key_of(store, "end.json")
    damage(store, end, b'{"state": "succ')
    shown = inside("runs", "show", "latest")
    assert shown.stderr == f"warning: these records can't be read: {end}\n"
    first, second = shown.stdout.splitlines()[:2]
    assert first.endswith(": unknown")
    assert second == (
        f"  the record of its end {end!r} can't be read:"
        " Unterminated string starting at: line 1 column 11 (char 10)"
    )
    told = json.loads(inside("runs", "show", "latest", "--output", "json").stdout)
    assert (told["run"]["state"], [*told["damaged"]]) == ("unknown", [end])
    listed = json.loads(inside("runs", "list", "--output", "json").stdout)
    states = [each["run"]["state"] for each in listed["runs"]]
    assert (states, [*listed["damaged"]]) == (["unknown", "succeeded"], [end])
    report = inside("runs", "report", "latest", "-o", "page.html")
    assert report.stderr == f"warning: these records can't be read: {end}\n"


def test_a_run_whose_beginning_is_damaged_still_has_a_status_and_logs(
    inside: Any, store: Store
) -> None:
    start = key_of(store, "run.json")
    damage(store, start, b"{")
    assert "said\n" in inside("deployment", "logs", "my").stdout
    status = json.loads(inside("deployment", "status", "my", "--output", "json").stdout)
    assert status["message"] == f"these records can't be read: {start}"
    assert [step["state"] for step in status["steps"]] == ["succeeded"]


def test_where_a_deployment_also_stands_is_not_fully_known(inside: Any, store: Store) -> None:
    note = key_of(store, "note")
    damage(store, note, b"{")
    assert inside("deployment", "plan").stderr == (
        f"note: where else 'my' stands isn't fully known: {note} can't be read\n"
    )
    assert inside("storage", "prune").stderr == (
        f"warning: no package is deleted: these notes can't be read: {note}; build the"
        " deployments again that use this storage, then delete the notes\n"
    )
