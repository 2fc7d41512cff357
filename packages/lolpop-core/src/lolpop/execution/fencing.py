"""Keep two attempts of one step from running side by side on a host."""

from __future__ import annotations

import socket
import time

from lolpop.contract import StepState
from lolpop.execution.processes import end, lives, of_attempts, token_of
from lolpop.storage.attempts import Attempt, Claim
from lolpop.storage.records import RunRecord

GRACE = 5.0
_CLOSING = 2.0
"""Seconds that the process which watched an attempt gets to say how it ended."""


def fence(run: RunRecord, step: str, newer: Attempt) -> int:
    """End what older attempts of a step left on this host, and close their records.

    An engine whose process was killed tries again while the step's own process lives on.
    What runs on another host is left alone.

    Args:
        run: The run's record.
        step: The step's name.
        newer: The attempt that was just claimed.

    Returns:
        How many processes were ended.
    """
    older = [each for each in run.attempts(step) if each.number < newer.number]
    ours = {each: claim for each in older if (claim := each.claim) and _is_ours(claim)}
    tokens = [token_of(run.storage, run.ref, step, each.number) for each in ours]
    left = of_attempts(tokens)
    end(left, GRACE)
    for attempt, claim in ours.items():
        _close(step, attempt, claim)
    return len(left)


def _is_ours(claim: Claim) -> bool:
    return claim.host == socket.gethostname()


def _close(step: str, attempt: Attempt, claim: Claim) -> None:
    deadline = time.monotonic() + _CLOSING
    while attempt.is_alive and lives(claim.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    if not attempt.is_closed:
        error = f"StepCrashed: the process that watched {step} is gone, and it was started again"
        attempt.close(StepState.CRASHED, error=error)
