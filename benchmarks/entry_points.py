"""A thousand further distributions with entry points cost `lolpop config check` little."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from _ratio import LOLPOP, Budget, Command, report

DISTRIBUTIONS = 1_000

METADATA = (
    """\
Metadata-Version: 2.4
Name: acme-{number}
Version: 1.{number}.0
Summary: One of many distributions that are installed beside lolpop
Requires-Python: >=3.11
Requires-Dist: lolpop-core<2,>=1.0
Requires-Dist: requests>=2.31
Description-Content-Type: text/markdown

# acme-{number}

"""
    + "A description of ordinary length, as most projects have one.\n" * 40
)

OURS = """\
[lolpop.components]
Acme{number}Connector = acme_{number}.connector:Connector
Acme{number}Notifier = acme_{number}.notifier:Notifier

[lolpop.orchestrators]
Acme{number}Orchestrator = acme_{number}.orchestrator:Orchestrator
"""

OTHERS = """\
[console_scripts]
acme-{number} = acme_{number}.cli:main

[pytest11]
acme_{number} = acme_{number}.testing
"""


def install(folder: Path) -> None:
    """Write the metadata of the distributions, every other one with plugins for lolpop."""
    for number in range(DISTRIBUTIONS):
        info = folder / f"acme_{number}-1.{number}.0.dist-info"
        info.mkdir(parents=True)
        entry_points = OURS if number % 2 else OTHERS
        (info / "METADATA").write_text(METADATA.format(number=number), encoding="utf-8")
        (info / "entry_points.txt").write_text(entry_points.format(number=number), encoding="utf-8")


def start_project(folder: Path) -> None:
    """Let `lolpop init` write a project, and name an orchestrator in a file laid over it."""
    subprocess.run([LOLPOP, "init", str(folder)], check=True, capture_output=True)
    overlay = "decorators: {orchestrator: LocalOrchestrator}\n"
    (folder / "orchestrator.yaml").write_text(overlay, encoding="utf-8")


def check(project: Path, further: Path) -> Command:
    """Check the project with a further folder of distributions on the path."""
    arguments = [LOLPOP, "config", "check", "-c", "lolpop.yaml", "-c", "orchestrator.yaml"]
    return Command(arguments, {"PYTHONPATH": str(further)}, project)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        project, crowded, empty = (Path(temporary, name) for name in ("demo", "crowded", "empty"))
        empty.mkdir()
        install(crowded)
        start_project(project)
        subject, reference = check(project, crowded), check(project, empty)
        sys.exit(report([Budget("config check, 1,000 distributions", subject, reference, 2.0)]))
