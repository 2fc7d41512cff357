"""From an unpacked package back to a workflow that can be built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lolpop.config.document import Document
from lolpop.config.links import resolve
from lolpop.config.reader import read
from lolpop.config.spelling import normalise
from lolpop.contract import Manifest
from lolpop.errors import Problem
from lolpop.package.opening import Opened
from lolpop.workflow.blueprint import Blueprint
from lolpop.workflow.check import check
from lolpop.workflow.project import roots_of, working_in


def blueprint(opened: Opened, folder: Path | None = None) -> Blueprint:
    """Make the blueprint of a package's workflow, from the package alone.

    There is no orchestrator in it, and values of the environment aren't read. What was checked
    when packaging isn't checked again. Whoever builds it keeps its roots on `sys.path`.

    Args:
        opened: The unpacked package.
        folder: A copy of the package's project folder to import from, instead of its own.

    Raises:
        ConfigError: A class can't be found or imported.
        PluginError: A plugin that the workflow's classes come from can't be used.
    """
    folder = (folder or opened.project).absolute()
    manifest = opened.manifest
    document = _document(opened, folder)
    file = folder / manifest.local_file if manifest.local_file else None
    with working_in(folder, roots_of(folder, manifest.roots)):
        found = check(document, _runner(manifest), file, True, manifest.entrypoint)
    return replace(found, validated=True)


def _document(opened: Opened, folder: Path) -> Document:
    root = read(opened.config.read_bytes(), opened.config.name, folder)
    problems: list[Problem] = []
    root = root.with_value({}) if root.value is None else root
    root = resolve(normalise(root, problems), problems)
    return Document(root, folder, (opened.config,), (), tuple(problems))


def _runner(manifest: Manifest) -> str:
    """Name the runner as it is found: by its class alone where it stands in the local file."""
    module, _, name = manifest.runner.partition(":")
    stem = Path(manifest.local_file).stem if manifest.local_file else ""
    alone = stem and module in (stem, f"lolpop_file_{stem}")
    return name if alone else manifest.runner
