"""Find the run that a person means."""

from __future__ import annotations

from collections.abc import Sequence

from lolpop.contract import RunRef
from lolpop.deploying.choosing import LATEST
from lolpop.deploying.standing import History
from lolpop.errors import NotFoundError, UsageError, listing, nearest
from lolpop.storage.records import RunRecord

_MOST = 8


def find(history: History, named: str) -> RunRecord:
    """Find a run by its id, by a beginning of it that no other run has, or the newest one.

    Args:
        history: The runs of a storage.
        named: What was written; a full name is `ORCHESTRATOR/DEPLOYMENT/ID`.

    Raises:
        NotFoundError: There is none.
        UsageError: There are several; the message lists them.
    """
    every = history.runs.all()
    if named == LATEST and every:
        return every[-1]
    exact = [run for run in every if named in (run.ref.run_id, full_name(run.ref))]
    found = exact or [run for run in every if named and run.ref.run_id.startswith(named)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(named, found, "is the id" if exact else "is the beginning")
    raise _missing(history, named, every)


def full_name(ref: RunRef) -> str:
    """Write the name that only one run of a storage has."""
    return "/".join((ref.orchestrator, ref.deployment, ref.run_id))


def _ambiguous(named: str, found: Sequence[RunRecord], how: str) -> UsageError:
    newest = [full_name(run.ref) for run in reversed(found)]
    more = f" and {len(newest) - _MOST} more" if len(newest) > _MOST else ""
    return UsageError(
        f"{named!r} {how} of {len(found)} runs: {', '.join(newest[:_MOST])}{more}",
        hint="give more of the id, or one of these names in full",
    )


def _missing(history: History, named: str, every: Sequence[RunRecord]) -> NotFoundError:
    shown = history.store.shown
    if history.runs.damaged:
        return NotFoundError(
            f"no run {named!r} in the storage {shown!r}, where these records can't be read:"
            f" {listing(history.runs.damaged)}",
            hint="restore them from a copy",
        )
    if not every:
        return NotFoundError(
            f"there are no runs in the storage {shown!r}",
            hint="`lolpop deployment run` makes one; `lolpop run workflow` keeps no record",
        )
    likely = nearest(named, [run.ref.run_id for run in every])
    hint = f"did you mean {likely!r}? " if likely else ""
    return NotFoundError(
        f"no run {named!r} in the storage {shown!r}", hint=f"{hint}`lolpop runs list` shows all"
    )
