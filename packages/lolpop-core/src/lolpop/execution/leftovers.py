"""What is left of a run that its engine calls over: ended where it can be, and told."""

from __future__ import annotations

import socket
import time

from lolpop.contract import StepState
from lolpop.execution.processes import end, lives, of_attempts, tokens_of
from lolpop.storage.records import RunRecord

_GRACE = 5.0
_POLL = 0.3


def end_leftovers(record: RunRecord, deadline: float, grace: float = _GRACE) -> list[str]:
    """End what of a run lives on this host, and wait for what lives on others.

    The attempts of this host are closed as cancelled when nothing of the run lives here; those
    of other hosts, and those of users whose processes can't be seen, are gone when they are
    closed or their leases have run out.

    Args:
        record: The run; it must be marked as stopping, or else its next attempt may start.
        deadline: Until when to wait for other hosts, as `time.monotonic` counts.
        grace: Seconds between asking a process to end and killing it.

    Returns:
        What is left all the same, a phrase each; nothing is the proof that the run is gone.
    """
    run, host = f"run {record.ref.run_id}", socket.gethostname()
    left = end(of_attempts(tokens_of(record)), grace)
    for attempt in record.every_attempt():
        claim = attempt.claim
        # One of another user's can't be seen by its environment: it closes its attempt itself.
        if not left and claim and claim.host == host and not lives(claim.pid):
            attempt.close(StepState.CANCELLED)
    here = [f"{run}: process {process.pid} on {host}" for process in left]
    return [*here, *(f"{run}: an attempt on {name}" for name in _elsewhere(record, deadline))]


def is_alive(record: RunRecord) -> bool:
    """Whether an attempt of a run is neither closed nor without a lease."""
    return any(each.is_alive for each in record.every_attempt())


def _elsewhere(record: RunRecord, deadline: float) -> list[str]:
    """Wait for the attempts that are open; name the hosts of those that are left."""
    while True:
        alive = [attempt for attempt in record.every_attempt() if attempt.is_alive]
        if not alive or time.monotonic() > deadline:
            return [claim.host for attempt in alive if (claim := attempt.claim)]
        time.sleep(_POLL)
