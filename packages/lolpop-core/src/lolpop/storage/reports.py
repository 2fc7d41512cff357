"""Where the reports of runs are kept, beside their records."""

from __future__ import annotations

from lolpop.contract import RunRef
from lolpop.storage.names import encoded, joined


def key_of(ref: RunRef) -> str:
    """Give the key of a run's report."""
    names = map(encoded, (ref.orchestrator, ref.deployment, ref.run_id))
    return joined("reports", *names) + ".html"
