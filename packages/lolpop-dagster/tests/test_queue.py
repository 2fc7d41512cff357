"""Runs that are queued: without a daemon, with one, and with one whose view is old."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster_engine import Engine
from dagster_project import Project

from lolpop_dagster import daemons, runs
from lolpop_dagster.api import Api
from lolpop_dagster.config import DagsterConfig

START = "`dagster-daemon run`, with the webserver's DAGSTER_HOME and workspace files, starts it"
NOBODY = f"nobody takes runs from the queue: Dagster's daemon doesn't run: {START}"


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give a webserver that queues its runs, and no daemon yet."""
    made = Engine(tmp_path_factory.mktemp("queued"), queued=True)
    try:
        made.start()
        yield made
    finally:
        made.close()


def test_a_run_in_the_queue(
    queued: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path / "birds", queued.config, "birds").write()
    assert NOBODY in project.said("deployment", "plan")
    project.said("deployment", "build")
    run = project.json("deployment", "run")
    assert (run["state"], run["engine_state"]) == ("queued", "QUEUED")

    # Why it doesn't start is said when it has waited for long.
    monkeypatch.setattr(runs, "_PATIENCE", 0)
    api = Api(DagsterConfig(url=queued.url))
    told = runs.told(api, runs.demanded(api, run["ref"]["run_id"], "birds"), "birds")
    assert runs._message(api, told) == NOBODY

    stopped = project.said("deployment", "stop")
    assert run["ref"]["run_id"] in stopped
    status = project.json("deployment", "status", "--run", run["ref"]["run_id"])
    assert status["run"]["state"] == "cancelled"

    # A schedule waits for a daemon too.
    timed = Project(tmp_path / "timed", queued.config, "timed")
    timed.write(deployment={"schedule": {"cron": "* * * * *"}})
    built = timed.json("deployment", "build")["deployment"]
    assert built["schedule_state"] == "inactive"

    # With a daemon they run; a deployment that it hasn't seen yet as well.
    queued.start_daemon()
    assert daemons.trouble(api, daemons.COORDINATOR) is None
    assert daemons.queue(api) == ("it is in Dagster's queue, from which the daemon takes it next")
    project.said("deployment", "run", "--wait")
    other = Project(tmp_path / "new", queued.config, "new").write()
    other.said("deployment", "build")
    began = time.monotonic()
    other.said("deployment", "run", "--wait")
    assert time.monotonic() - began < 60, "the daemon's view is up to 60 s old"

    # The schedule starts runs, until it is stopped.
    began = time.monotonic()
    while not timed.json("runs", "list")["runs"]:
        assert time.monotonic() - began < 120, queued.log("daemon")
        time.sleep(1)
    (known,) = timed.json("deployment", "list")
    assert known["schedule_state"] == "active"
    timed.said("deployment", "stop")
    (known,) = timed.json("deployment", "list")
    assert known["schedule_state"] == "suspended"

    # One that has gone is noticed before Dagster notices it.
    queued.stop("daemon")
    monkeypatch.setattr(daemons, "_SILENT", 0)
    trouble: Any = daemons.queue(api)
    assert trouble.startswith(
        "nobody takes runs from the queue: Dagster's daemon has said nothing for "
    )
    assert trouble.endswith(f" s: {START}")
