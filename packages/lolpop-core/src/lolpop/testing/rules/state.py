"""State: every attempt starts from fresh objects."""

from __future__ import annotations

from lolpop.testing.bench import Bench
from lolpop.testing.rule import expect_equal, rule

ORDER = 11


@rule(shared=True)
def every_attempt_starts_afresh(bench: Bench) -> None:
    """Let no step see what another one left on objects, classes or modules.

    What is kept in memory works on a laptop, and is gone where each step has its own machine.
    """
    finished = bench.finished("states")
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    counted = [(line["module"], line["cls"]) for line in finished.seen]
    expect_equal(counted, [(1, 1)] * 3, "what module and class had counted in each step")
