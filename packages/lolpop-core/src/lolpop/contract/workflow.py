"""What is to be packaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow as the command line and the YAML name it, before anything is built.

    Attributes:
        project_folder: The folder of the first configuration file, absolute. Only files
            beneath it are packaged.
        config_files: The files given with `-c`, absolute, in the order in which they
            overlay each other; never empty.
        overrides: The arguments of `--set`, as written, in order.
        runner: The runner's class, as 'module:Class'.
        entrypoint: The public method of the runner that is run.
        local_file: The Python file given with `-l`, absolute, or None without it.
        modules: The project modules given with `-m`, besides those that the YAML lists.
        orchestrator_files: The files given with `-c` that hold an orchestrator's section or
            config alone, absolute; nothing of them enters the package.
        orchestrator: The orchestrator given with `--deployer` or `--packager`, or None.
        stored: Whether the package is stored; if not, only what it would be is asked for.
    """

    project_folder: Path
    config_files: tuple[Path, ...]
    overrides: tuple[str, ...] = ()
    runner: str
    entrypoint: str
    local_file: Path | None = None
    modules: tuple[str, ...] = ()
    orchestrator_files: tuple[Path, ...] = ()
    orchestrator: str | None = None
    stored: bool = True
