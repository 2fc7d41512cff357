"""From an unpacked package back to a workflow that can be built."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lolpop.config.document import Document
from lolpop.config.links import resolve
from lolpop.config.nodes import Node
from lolpop.config.overlay import lay_over
from lolpop.config.reader import read
from lolpop.config.spelling import normalise
from lolpop.contract import Manifest
from lolpop.errors import Problem
from lolpop.package.opening import Opened
from lolpop.workflow.blueprint import Blueprint
from lolpop.workflow.check import check
from lolpop.workflow.project import roots_of, working_in


def blueprint(opened: Opened, folder: Path | None = None, over: Node | None = None) -> Blueprint:
    """Make the blueprint of a package's workflow, from the package alone.

    There is no orchestrator in it unless `over` has one, and values of the environment aren't
    read. What was checked when packaging isn't checked again. Whoever builds it keeps its roots
    on `sys.path`.

    Args:
        opened: The unpacked package.
        folder: A copy of the package's project folder to import from, instead of its own.
        over: Configuration to lay over the package's: an orchestrator that decorates.

    Raises:
        ConfigError: A class can't be found or imported.
        PluginError: A plugin that the workflow's classes come from can't be used.
    """
    folder = (folder or opened.project).absolute()
    manifest = opened.manifest
    document = _document(opened, folder, over)
    file = folder / manifest.local_file if manifest.local_file else None
    with working_in(folder, roots_of(folder, manifest.roots)):
        found = check(document, _runner(manifest), file, True, manifest.entrypoint)
    return replace(found, validated=True)


def _document(opened: Opened, folder: Path, over: Node | None) -> Document:
    root = _based(_read(opened.config.read_bytes(), opened.config.name), folder)
    problems: list[Problem] = []
    root = normalise(root, problems)
    if over is not None:
        root = lay_over(root, normalise(over, problems))
    root = resolve(root, problems)
    return Document(root, folder, (opened.config,), (), tuple(problems))


@lru_cache(maxsize=4)
def _read(content: bytes, name: str) -> Node:
    """Read a configuration once: a warm process asks for the same one again and again."""
    root = read(content, name, Path())
    return root.with_value({}) if root.value is None else root


def _based(node: Node, folder: Path) -> Node:
    """Let the relative paths of a configuration start at a folder."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _based(child, folder) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_based(child, folder) for child in value]
    return Node(value, node.place, folder, node.key_place)


def _runner(manifest: Manifest) -> str:
    """Name the runner as it is found: by its class alone where it stands in the local file."""
    module, _, name = manifest.runner.partition(":")
    stem = Path(manifest.local_file).stem if manifest.local_file else ""
    alone = stem and module in (stem, f"lolpop_file_{stem}")
    return name if alone else manifest.runner
