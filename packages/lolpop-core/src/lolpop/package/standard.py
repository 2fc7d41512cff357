"""The standard package of a workflow: checked, captured, and built."""

from __future__ import annotations

import os
from pathlib import Path

from lolpop.config.document import Document, load
from lolpop.config.settings import merged
from lolpop.contract import Granularity, Order, Package, StepGraph, Workflow
from lolpop.errors import ConfigError
from lolpop.package.building import build
from lolpop.steps import capture
from lolpop.storage import Store
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
        return build(blueprint, workflow, graph, Store(storage_of(document)))


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


def storage_of(document: Document) -> str:
    """Give the absolute URL of a project's storage, environment variables read.

    Raises:
        ConfigError: A variable that it needs isn't set.
    """
    node = document.root.get("storage")
    text = settings_of(document, os.environ)[0].storage
    if node is None or node.value is None:
        return str((document.folder / text).absolute())
    if "://" in text:
        return text
    try:
        return str((node.base / Path(text).expanduser()).absolute())
    except RuntimeError as error:
        problem = node.problem(f"no such folder: {text!r}", "storage", "there is no such user")
        raise ConfigError([problem]) from error
