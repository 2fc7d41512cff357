"""A plugin's distribution: an orchestrator that works, with all that publishing it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lolpop.scaffolding.filling import filled
from lolpop.scaffolding.naming import orchestrator_name
from lolpop.scaffolding.writing import write


@dataclass(frozen=True, slots=True)
class Distribution:
    """What was made.

    Attributes:
        orchestrator: The orchestrator's name in the YAML.
        distribution: The distribution's name.
        folder: Its folder.
        files: The paths of the files that were written.
    """

    orchestrator: str
    distribution: str
    folder: Path
    files: list[str]


def create(said: str, folder: Path | None) -> Distribution:
    """Write the distribution of a new orchestrator.

    Args:
        said: The orchestrator's name, in any form.
        folder: Where to write it, or None for a folder with the distribution's name.

    Raises:
        UsageError: The name can't be one, or a file is there already.
    """
    name = orchestrator_name(said)
    distribution = f"lolpop-{name.kebab}"
    folder = folder or Path(distribution)
    hint = f"name another folder: lolpop create orchestrator {said} DIR"
    files = write(folder, filled("orchestrator", name), hint)
    return Distribution(f"{name.camel}Orchestrator", distribution, folder, files)
