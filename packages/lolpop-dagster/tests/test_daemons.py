"""A daemon lives as long as it says so."""

from __future__ import annotations

import time

from lolpop_dagster.daemons import _trouble


def test_a_daemon_with_errors_lives() -> None:
    errors = [{"message": "a schedule of the user's raises"}]
    now = time.time()
    assert _trouble({"lastHeartbeatTime": now - 60, "lastHeartbeatErrors": errors}) is None
    silent = _trouble({"lastHeartbeatTime": now - 600, "lastHeartbeatErrors": []})
    assert (silent or "").startswith("Dagster's daemon has said nothing for 600 s: ")
