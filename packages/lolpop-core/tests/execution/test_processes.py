"""The processes of an attempt are found, whatever they are doing."""

from __future__ import annotations

import os
import subprocess
import sys

from lolpop.execution.processes import environment_of, lives

STARTS = 2000
"""One in fifty was overlooked when an empty environment was believed."""


def test_a_process_is_known_from_the_moment_it_is_started() -> None:
    for number in range(STARTS):
        line = [sys.executable, "-c", "import time; time.sleep(60)"]
        with subprocess.Popen(line, env={"NUMBER": str(number)}) as process:
            found = environment_of(process.pid)
            process.kill()
        assert f"NUMBER={number}".encode() in found


def test_a_process_without_an_environment_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], env={}, stdin=-1) as process:
        assert not any(environment_of(process.pid))
        process.kill()


def test_a_process_that_is_gone_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert not any(environment_of(process.pid))


def test_a_process_that_nobody_has_reaped_does_not_live() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        assert lives(process.pid)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not lives(process.pid)
    assert not lives(process.pid)
