"""The orchestrator of a project, ready to be called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from lolpop.config.document import Document
from lolpop.config.paths import below
from lolpop.config.settings import Settings
from lolpop.config.validation import read, unset
from lolpop.contract import Capability, Deployment
from lolpop.deploying.files import divided
from lolpop.errors import ConfigError, NotFoundError, OwnershipError, UsageError
from lolpop.execution.decorating import decoration
from lolpop.inprocess import Source, extensions_of, provider_of
from lolpop.lifecycle import Lifecycle
from lolpop.orchestrator import Orchestrator
from lolpop.package.standard import storage_of, store_of
from lolpop.storage import Store
from lolpop.storage.deployed import Use
from lolpop.workflow.assembly import assemble_alone
from lolpop.workflow.blueprint import Part
from lolpop.workflow.check import check_orchestrator, import_roots, settings_of
from lolpop.workflow.project import working_in

DEFAULT = "LocalOrchestrator"


@dataclass(frozen=True, slots=True)
class Engine:
    """The orchestrator of a project, ready to be called.

    Attributes:
        source: Where the configuration comes from, the orchestrator chosen.
        document: The project's configuration.
        settings: The core's own keys.
        lifecycle: The orchestrator's hooks.
        part: The orchestrator as the configuration names it.
        storage: The absolute URL of the project's storage.
        project: The project's name.
    """

    source: Source
    document: Document
    settings: Settings
    lifecycle: Lifecycle
    part: Part
    storage: str
    project: str

    @property
    def name(self) -> str:
        """The orchestrator's name."""
        return type(self.lifecycle.orchestrator).__name__

    def use(self, deployment: str, package: str) -> Use:
        """Say that a deployment of this engine needs a package."""
        address = self.lifecycle.orchestrator.address
        return Use(orchestrator=self.name, address=address, deployment=deployment, package=package)

    def options(self, verb: str, given: Mapping[str, Any]) -> Any:
        """Make a verb's options: those of the configuration, overlaid by given ones.

        Raises:
            UsageError: A given one isn't known, or doesn't fit.
        """
        model: type[BaseModel] = self.lifecycle.orchestrator.options[verb]
        node = self.part.options.get(verb)
        configured = read(node, os.environ) if node else {}
        try:
            return model.model_validate({**configured, **given})
        except ValidationError as error:
            found = error.errors()[0]
            path = ".".join(map(str, found["loc"]))
            known = ", ".join(model.model_fields) or "none"
            message = f"options of {verb!r}: {path}: {found['msg'][:1].lower()}{found['msg'][1:]}"
            raise UsageError(message, hint=f"there is {known}") from None

    @property
    def deploys(self) -> bool:
        """Whether the orchestrator can deploy at all."""
        return Capability.DEPLOYMENTS in self.lifecycle.orchestrator.capabilities

    @property
    def store(self) -> Store:
        """The project's storage."""
        return store_of(self.document)

    def find(self, name: str) -> Deployment | None:
        """Find a deployment, whosever it is."""
        found: list[Deployment] = self.lifecycle.call("deployments")
        return next((each for each in found if each.name == name), None)

    def deployment(self, name: str, take_over: bool) -> Deployment:
        """Find a deployment of this project.

        Raises:
            NotFoundError: There is none of that name.
            OwnershipError: It is another project's.
            UsageError: It uses another storage than the configuration names.
        """
        found: list[Deployment] = self.lifecycle.call("deployments")
        for deployment in found:
            if deployment.name == name:
                self.refuse_foreign(deployment, take_over)
                self.refuse_other_storage(deployment)
                return deployment
        names = ", ".join(deployment.name for deployment in found) or "none"
        raise NotFoundError(
            f"no deployment {name!r} on {self.name}; there is {names}",
            hint="`lolpop deployment build` makes one",
        )

    def refuse_foreign(self, deployment: Deployment, take_over: bool) -> None:
        """Refuse a deployment that another project made."""
        # A deployment that is damaged may not say whose it is: it can be removed all the same.
        if deployment.project not in ("", self.project) and not take_over:
            raise OwnershipError(
                f"deployment {deployment.name!r} belongs to project {deployment.project!r},"
                f" this is {self.project!r}",
                hint="choose another name with -n, or say --take-over",
            )

    def refuse_other_storage(self, deployment: Deployment) -> None:
        """Refuse a configuration that looks for a deployment's runs where they aren't."""
        if deployment.storage != self.storage:
            raise UsageError(
                f"deployment {deployment.name!r} keeps its runs in"
                f" {Store(deployment.storage).shown!r}, the configuration names"
                f" {self.store.shown!r}",
                hint="name that storage, or deploy with this one: lolpop deployment build",
            )


def engine(
    source: Source, deployer: str | None = None, methods: Mapping[str, str | None] | None = None
) -> Engine:
    """Make a project's orchestrator ready; its workflow's code isn't imported.

    Args:
        source: Where the configuration comes from.
        deployer: An orchestrator instead of the configured one.
        methods: Methods of the orchestrator that are hooks for this call, by hook.

    Raises:
        ConfigError: The orchestrator's part of the configuration is wrong.
        PluginError: The orchestrator can't be used.
        UsageError: The orchestrator has no such method.
    """
    source = chosen(source, deployer)
    document = source.document()
    with working_in(document.folder, import_roots(document)):
        part = check_orchestrator(document)  # it may be the project's own
        made = assemble_alone(part, document.folder, os.environ)
    assert isinstance(made, Orchestrator)
    storage = storage_of(document)
    made.__dict__.update(storage=storage, decoration=decoration(part))
    name = str(part.section.class_name.value) if part.section.class_name else ""
    replaced = {hook: method for hook, method in (methods or {}).items() if method}
    settings = _read(document)
    lifecycle = Lifecycle(made, provider_of(name), extensions_of(settings), replaced)
    project = _project(document, settings)
    return Engine(source, document, settings, lifecycle, part, storage, project)


def _read(document: Document) -> Settings:
    """Read the core's keys with the environment; the parameters are read when they are used."""
    settings, problems = settings_of(document, os.environ)
    node = document.root.get("deployment")
    for key, child in node.items() if node and node.is_mapping else ():
        if key != "parameters":
            problems += unset(child, below("deployment", key), os.environ)
    if problems:
        raise ConfigError(problems)
    return settings


def chosen(source: Source, deployer: str | None) -> Source:
    """Choose the orchestrator as its line in the YAML does; the embedded one if nobody does."""
    if deployer is not None:
        return replace(divided(source, deployer), orchestrator=deployer)
    named = source.document().root.get("decorators")
    line = named.get("orchestrator") if named else None
    if line is not None and line.value is not None:
        return source
    return replace(source, orchestrator=DEFAULT)


def _project(document: Document, settings: Settings) -> str:
    if settings.deployment.project:
        return settings.deployment.project
    file = document.folder / "pyproject.toml"
    if file.is_file():
        import tomllib

        name = tomllib.loads(file.read_text("utf-8")).get("project", {}).get("name")
        if name:
            return str(name)
    return document.folder.name
