"""The page on deployments says of each orchestrator what it declares."""

from __future__ import annotations

from pathlib import Path

from engines import ORCHESTRATORS

from lolpop import plugins
from lolpop.contract import Capability

PAGE = Path(__file__).parents[2] / "docs" / "deployments.md"
ROWS = {
    "`concurrency`": Capability.CONCURRENCY,
    "`overlap: skip`": Capability.OVERLAP_SKIP,
    "`overlap: queue`": Capability.OVERLAP_QUEUE,
    "`order: data`: steps side by side": Capability.PARALLEL_STEPS,
    "other steps can be deployed while runs are active": Capability.REDEPLOY_DURING_RUNS,
    "`lolpop run workflow` shows there": Capability.DECORATION,
}


def test_the_page_says_what_they_declare() -> None:
    lines = [line.split("|")[1:-1] for line in PAGE.read_text("utf-8").splitlines()]
    rows = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if cells}
    assert [f"{name}Orchestrator" for name in rows[""]] == [*ORCHESTRATORS]
    for said, capability in ROWS.items():
        assert rows[said] == ["yes" if declares(name, capability) else "no" for name in rows[""]]


def declares(name: str, capability: Capability) -> bool:
    plugin = plugins.find("orchestrator", f"{name}Orchestrator")
    assert plugin
    return capability in plugins.load(plugin).capabilities
