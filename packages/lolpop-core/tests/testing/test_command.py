"""The command, called as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lolpop.testing import Command


def test_what_it_says_and_gives(tmp_path: Path) -> None:
    command = Command(tmp_path)
    assert "next: cd demo" in command.said("init", "demo")
    demo = Command(tmp_path / "demo")
    assert demo.json("runs", "list")["runs"] == []


def test_another_exit_code_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    command = Command(tmp_path)
    with pytest.raises(AssertionError, match=r"exit code 2\n.*no such file"):
        command.said("run", "workflow")
    assert "no such file" in command.said("run", "workflow", code=2)
    with pytest.raises(AssertionError, match="exit code 2"):
        command.json("run", "workflow")
    assert "no such file" in command.json("run", "workflow", code=2)["error"]["message"]


def test_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flow.py").write_text(
        "import os, lolpop\n\n\nclass Flow(lolpop.Runner):\n    def run(self):\n"
        "        print([os.environ.get(key) for key in ('MY_ENGINE', 'GIVEN')])\n"
    )
    (tmp_path / "lolpop.yaml").write_text("runner: Flow\nmodules: [flow]\n")
    monkeypatch.setenv("MY_ENGINE", "theirs")
    command = Command(tmp_path, variables={"GIVEN": "ours"}, hidden="ENGINE")
    assert "[None, 'ours']" in command.said("run", "workflow")


def test_waiting_for_an_answer() -> None:
    command, answers = Command(Path()), iter([None, "", "there"])
    assert command.until(lambda: next(answers)) == "there"
    with pytest.raises(AssertionError, match="after 0 seconds still 7"):
        command.until(lambda: 7, lambda seen: seen > 7, seconds=0)


def test_waiting_for_a_run(tmp_path: Path) -> None:
    go = tmp_path.parent / "go"
    (tmp_path / "flow.py").write_text(
        "import pathlib, time, lolpop\n\n\nclass Work(lolpop.Pipeline):\n    def go(self):\n"
        f"        while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\n\n\n"
        "class Flow(lolpop.Runner):\n    work: Work\n\n    def run(self):\n"
        "        return self.work.go()\n"
    )
    (tmp_path / "lolpop.yaml").write_text(
        "runner: Flow\nmodules: [flow]\nentrypoint: run\npipelines: {work: Work}\n"
    )
    command = Command(tmp_path)
    command.said("deployment", "build", "-n", "flow")
    run_id = command.json("deployment", "run", "flow")["ref"]["run_id"]
    with pytest.raises(AssertionError, match=f"after 0 seconds still .*{run_id}"):
        command.ended(run_id, seconds=0)
    go.touch()
    assert command.ended(run_id)["run"]["state"] == "succeeded"
