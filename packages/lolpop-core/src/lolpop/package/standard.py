"""The standard package of a workflow: checked, captured, and built."""

from __future__ import annotations

import os
from pathlib import Path

from lolpop.config.document import Document, load
from lolpop.config.settings import StorageSection, merged
from lolpop.contract import Granularity, Order, Package, StepGraph, Workflow
from lolpop.errors import ConfigError, Problem
from lolpop.package.building import build
from lolpop.steps import capture
from lolpop.storage import Store
from lolpop.storage.access import MODES
from lolpop.storage.location import is_folder
from lolpop.workflow.blueprint import Blueprint
from lolpop.workflow.check import check, import_roots, settings_of
from lolpop.workflow.project import working_in


def package_workflow(workflow: Workflow) -> Package:
    """Package a workflow and store the package; the same content is stored once.

    Args:
        workflow: What to package.

    Raises:
        ConfigError: The workflow can't be built, or a configured file would be left out.
        SecretError: A secret would enter the package.
    """
    document = load(
        workflow.config_files,
        workflow.overrides,
        workflow.modules,
        workflow.orchestrator_files,
        workflow.orchestrator,
    )
    with working_in(document.folder, import_roots(document)):
        blueprint = check(
            document, workflow.runner, workflow.local_file, entrypoint=workflow.entrypoint
        )
        graph = graph_of(blueprint, workflow.entrypoint)
        return build(blueprint, workflow, graph, store_of(document))


def graph_of(blueprint: Blueprint, entrypoint: str) -> StepGraph:
    """Find the steps of a workflow as its configuration wants them."""
    settings = blueprint.settings
    return capture(
        blueprint,
        entrypoint,
        Granularity(settings.granularity),
        Order(settings.order),
        stateless=lambda name: bool(merged(settings.steps, name).stateless),
    )


def store_of(document: Document) -> Store:
    """Give a project's storage, which is made as `mode` says it, or changed to that.

    Raises:
        ConfigError: A variable that it needs isn't set, or there is no mode of a URL.
    """
    url, mode = storage_of(document), _section(document).mode
    if mode is not None and not is_folder(url):
        raise ConfigError([_misplaced(document)])
    return Store(url, MODES[mode] if mode else None)


def storage_of(document: Document) -> str:
    """Give the absolute URL of a project's storage, environment variables read.

    Raises:
        ConfigError: A variable that it needs isn't set.
    """
    node = document.root.get("storage")
    text = _section(document).url
    if node is not None and node.is_mapping:
        node = node.get("url")
    if node is None or node.value is None:
        return str((document.folder / text).absolute())
    if "://" in text:
        return text
    try:
        return str((node.base / Path(text).expanduser()).absolute())
    except RuntimeError as error:
        problem = node.problem(f"no such folder: {text!r}", "storage", "there is no such user")
        raise ConfigError([problem]) from error


def _section(document: Document) -> StorageSection:
    storage = settings_of(document, os.environ)[0].storage
    return storage if isinstance(storage, StorageSection) else StorageSection(url=storage)


def _misplaced(document: Document) -> Problem:
    section = document.root.get("storage")
    node = section.get("mode") if section else None
    assert node is not None
    message = "a mode is for a folder, and the storage is a URL"
    hint = "leave it out: who may use a URL is said where it is served"
    return node.key_problem(message, "storage.mode", hint)
