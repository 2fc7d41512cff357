"""What rules leave behind is cleared away."""

from __future__ import annotations

from pathlib import Path

import pytest

from lolpop.testing import Harness
from lolpop.testing.bench import Bench


@pytest.mark.parametrize("disposable", [True, False])
def test_what_rules_leave_is_ended_and_removed_unless_its_engine_goes(
    disposable: bool, tmp_path: Path
) -> None:
    harness = Harness()
    harness.disposable = disposable
    bench = Bench("LocalOrchestrator", harness, tmp_path)
    project = bench.project()
    project.build()
    run = project.start(how="wait")
    project.until_seen("waiting")
    bench.close()
    assert (project.deployment() is not None) is disposable
    assert project.status_by_name(run).run.state.value == "cancelled"
