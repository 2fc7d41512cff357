"""The run that a person means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lolpop.contract import Run
from lolpop.errors import UsageError
from lolpop.storage.records import RunRecord

LATEST = "latest"
_MOST = 8
_Any = TypeVar("_Any", Run, RunRecord)


def one_of(runs: Sequence[_Any], named: str | None) -> _Any | None:
    """Find the run that a person means among those of a deployment.

    Args:
        runs: The runs, the newest first.
        named: Its id, a beginning of it that no other one has, or `latest`; None for the newest.

    Raises:
        UsageError: Several begin so.
    """
    if named in (None, LATEST):
        return runs[0] if runs else None
    exact = [run for run in runs if run.ref.run_id == named]
    found = exact or [run for run in runs if named and run.ref.run_id.startswith(named)]
    if len(found) > 1 and not exact:
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        ids = ", ".join(run.ref.run_id for run in found[:_MOST])
        raise UsageError(
            f"{named!r} is the beginning of {len(found)} runs: {ids}{more}",
            hint="give more of the id",
        )
    return found[0] if found else None
