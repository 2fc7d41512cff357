"""Tell the configuration files that name an orchestrator from other YAML files."""

from __future__ import annotations

from pathlib import Path

from lolpop.config.reader import read
from lolpop.config.sections import ORCHESTRATOR
from lolpop.errors import ConfigError

_LARGEST = 1_000_000


def names_orchestrator(file: Path) -> bool:
    """Tell whether a file is a configuration that names or configures an orchestrator.

    A package knows no orchestrator, so that the same workflow has the same digest on each:
    `airflow.yaml`, beside `prefect.yaml`, goes in no more than the one that is given with `-c`.
    """
    try:
        if file.stat().st_size > _LARGEST:
            return False
        content = file.read_bytes()
        if ORCHESTRATOR.encode() not in content:
            return False
        root = read(content, file.name, file.parent)
    except (ConfigError, OSError):
        return False
    decorators = root.get("decorators") or root.get("decorator")
    return any(node and node.get(ORCHESTRATOR) for node in (root, decorators))
