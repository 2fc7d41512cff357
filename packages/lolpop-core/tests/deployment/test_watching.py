"""Runs seen from outside: parameters refused, status, logs followed, records alone."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

RUN_ID = re.compile(r"\d{8}-\d{6}-\w{6}")


def script() -> str:
    return str(Path(sys.executable).with_name("lolpop"))


def test_parameters_that_do_not_fit_are_refused_before_anything_starts(built: Any) -> None:
    assert built.call("run", "--param", "seed=eight", code=2) == (
        "error: the parameters don't fit 'flow': seed: 'eight' is not of type 'integer'\n"
    )
    assert built.call("status", code=2) == (
        "error: deployment 'flow' has no run yet\nhint: `lolpop deployment run` starts one\n"
    )


def test_a_status_shows_every_step(built: Any) -> None:
    built.call("run", "--wait", "--param", "how=fail", code=1)
    said = re.sub(r"\d+\.\d\d", "0.00", RUN_ID.sub("…", built.call("status")))
    assert said == (
        "run … of flow: failed\n"
        "step       state      attempts  seconds  error\n"
        "work.make  succeeded  1         0.00\n"
        "work.do    failed     2         0.00     ValueError: it is broken\n"
        "work.end   skipped\n"
    )
    answer = built.ask("status")
    assert (answer["failed_step"], answer["error"]) == ("work.do", "ValueError: it is broken")
    assert answer["source"] == "engine"


def test_logs_name_the_step(built: Any) -> None:
    built.call("run", "--wait")
    assert built.call("logs") == "work.do | doing well\n"
    assert built.call("logs", "--step", "work.do") == "doing well\n"
    lines = built.ask("logs")["lines"]
    assert [(line["step"], line["attempt"], line["text"]) for line in lines] == [
        ("work.do", 0, "doing well")
    ]
    assert built.call("logs", "--step", "work.doo", code=2).startswith(
        "error: step 'work.doo' hasn't started in run "
    )
    unknown = built.call("logs", "--run", "nothing", code=2)
    assert unknown == "error: deployment 'flow' has no run 'nothing' on LocalOrchestrator\n"


def test_logs_are_followed_until_the_end(built: Any) -> None:
    run_id = built.ask("run", "--param", "how=sleep")["ref"]["run_id"]
    with subprocess.Popen(
        [script(), "deployment", "logs", "--follow", "--output", "json"],
        cwd=built.folder,
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout
        first = json.loads(following.stdout.readline())
        assert (first["step"], first["text"]) == ("work.do", "doing sleep")
        assert following.poll() is None
        built.call("stop", "--run", run_id)
        rest = [json.loads(line)["text"] for line in following.stdout]
        assert following.wait(60) == 0
    assert rest == ["StepStopped: got SIGTERM"]


def test_a_terminal_shows_the_steps_as_they_change(built: Any) -> None:
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [script(), "deployment", "run", "--wait"],
        cwd=built.folder,
        stdout=inner,
        stderr=subprocess.STDOUT,
        env={"PATH": "/usr/bin", "TERM": "xterm", "COLUMNS": "100", "HOME": str(built.folder)},
    )
    seen: list[bytes] = []

    def read() -> None:
        try:
            while data := os.read(outer, 65536):
                seen.append(data)
        except OSError:
            return

    reader = threading.Thread(target=read)
    reader.start()
    assert process.wait(60) == 0
    os.close(inner)
    reader.join(10)
    text = b"".join(seen).decode()
    assert "✓" in text
    assert "work.end" in text
    assert "done: run" in text


def test_records_answer_where_the_deployment_is_gone(built: Any) -> None:
    built.call("run", "--wait")
    run_id = built.ask("status")["run"]["ref"]["run_id"]
    built.call("remove")
    answer = built.ask("status", "flow")
    assert (answer["source"], answer["run"]["state"]) == ("records", "succeeded")
    assert [step["state"] for step in answer["steps"]] == ["succeeded"] * 3
    said = built.call("status", "flow")
    assert "note: from the records of LocalOrchestrator alone: no deployment 'flow' on" in said
    assert "work.do | doing well" in built.call("logs", "flow", "--run", run_id)
