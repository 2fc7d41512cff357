"""Dagster's daemon, without which nothing leaves the queue and no schedule fires."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from lolpop_dagster.api import Api

SCHEDULER = "SCHEDULER"
COORDINATOR = "QUEUED_RUN_COORDINATOR"

_SILENT = 120.0
"""Seconds: a daemon says every 30 that it lives, and Dagster believes it for half an hour."""

_LONGEST = 300
"""How much of an error a message repeats."""

_START = "`dagster-daemon run`, with the webserver's DAGSTER_HOME and workspace files, starts it"
_HEALTH = """
query Health($kind: String!) { instance {
  runQueuingSupported runQueueConfig { maxConcurrentRuns tagConcurrencyLimitsYaml }
  daemonHealth { daemonStatus(daemonType: $kind) {
    lastHeartbeatTime lastHeartbeatErrors { message }
  } }
} }
"""
_ACTIVE = """
query Active { runsOrError(filter: { statuses: [STARTING, STARTED, CANCELING] }) {
  ... on Runs { count }
} }
"""


def trouble(api: Api, kind: str) -> str | None:
    """Say that a daemon doesn't run, or None."""
    return _trouble(api.ask(_HEALTH, kind=kind)["instance"]["daemonHealth"]["daemonStatus"])


def _trouble(status: Mapping[str, Any]) -> str | None:
    beat = status["lastHeartbeatTime"]
    if not beat:
        return f"Dagster's daemon doesn't run: {_START}"
    silent = time.time() - float(beat)
    # Its `healthy` isn't asked: with any schedule of the user's that raises it is false.
    if silent < _SILENT:
        return None
    return f"Dagster's daemon has said nothing for {silent:.0f} s: {_START}"


def queue(api: Api) -> str | None:
    """Say why a run stays in the queue; None if runs aren't queued."""
    instance = api.ask(_HEALTH, kind=COORDINATOR)["instance"]
    if not instance["runQueuingSupported"]:
        return None
    status = instance["daemonHealth"]["daemonStatus"]
    if silence := _trouble(status):
        return f"nobody takes runs from the queue: {silence}"
    said = _limit(api, instance["runQueueConfig"] or {})
    for error in status["lastHeartbeatErrors"][:1]:
        said += f"; the daemon's newest error is {' '.join(error['message'].split())[:_LONGEST]}"
    return said


def _limit(api: Api, limits: Mapping[str, Any]) -> str:
    """Say which limit holds a run back, or may; else that it is the daemon's turn."""
    active = int(api.ask(_ACTIVE)["runsOrError"]["count"])
    most = limits.get("maxConcurrentRuns")
    if most is not None and 0 <= most <= active:
        return f"it waits for its turn: {active} runs are active, and max_concurrent_runs is {most}"
    if yaml := limits.get("tagConcurrencyLimitsYaml"):
        return f"it may wait for its turn: tag_concurrency_limits are {' '.join(yaml.split())}"
    return "it is in Dagster's queue, from which the daemon takes it next"
