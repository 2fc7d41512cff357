"""The orchestrator of a project, ready to be called."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from lolpop.config.document import Document, load
from lolpop.config.settings import Settings
from lolpop.config.validation import read
from lolpop.contract import (
    Deployment,
)
from lolpop.errors import (
    NotFoundError,
    OwnershipError,
    UsageError,
)
from lolpop.inprocess import Source, extensions_of, provider_of
from lolpop.lifecycle import Lifecycle
from lolpop.orchestrator import Orchestrator
from lolpop.package.standard import storage_of
from lolpop.workflow.assembly import assemble_alone
from lolpop.workflow.blueprint import Part
from lolpop.workflow.check import check_orchestrator, settings_of

DEFAULT = "LocalOrchestrator"


@dataclass(frozen=True, slots=True)
class Engine:
    """The orchestrator of a project, ready to be called.

    Attributes:
        document: The project's configuration.
        settings: The core's own keys.
        lifecycle: The orchestrator's hooks.
        part: The orchestrator as the configuration names it.
        storage: The absolute URL of the project's storage.
        project: The project's name.
    """

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

    def deployment(self, name: str, take_over: bool) -> Deployment:
        """Find a deployment of this project.

        Raises:
            NotFoundError: There is none of that name.
            OwnershipError: It is another project's.
        """
        found: list[Deployment] = self.lifecycle.call("deployments")
        for deployment in found:
            if deployment.name == name:
                self.refuse_foreign(deployment, take_over)
                return deployment
        names = ", ".join(deployment.name for deployment in found) or "none"
        raise NotFoundError(
            f"no deployment {name!r} on {self.name}; there is {names}",
            hint="`lolpop deployment build` makes one",
        )

    def refuse_foreign(self, deployment: Deployment, take_over: bool) -> None:
        """Refuse a deployment that another project made."""
        if deployment.project != self.project and not take_over:
            raise OwnershipError(
                f"deployment {deployment.name!r} belongs to project {deployment.project!r},"
                f" this is {self.project!r}",
                hint="choose another name with -n, or say --take-over",
            )


def engine(source: Source, deployer: str | None = None) -> Engine:
    """Make a project's orchestrator ready; its workflow's code isn't imported.

    Args:
        source: Where the configuration comes from.
        deployer: An orchestrator instead of the configured one.

    Raises:
        ConfigError: The orchestrator's part of the configuration is wrong.
        PluginError: The orchestrator can't be used.
    """
    document = load(source.files, chosen(source, deployer).overrides)
    settings, _ = settings_of(document)
    part = check_orchestrator(document)
    made = assemble_alone(part, document.folder, os.environ)
    assert isinstance(made, Orchestrator)
    storage = storage_of(document)
    made.__dict__["storage"] = storage
    name = str(part.section.class_name.value) if part.section.class_name else ""
    lifecycle = Lifecycle(made, provider_of(name), extensions_of(settings))
    return Engine(document, settings, lifecycle, part, storage, _project(document, settings))


def chosen(source: Source, deployer: str | None) -> Source:
    """Choose the orchestrator as its line in the YAML does; the embedded one if nobody does."""
    line = f"decorators.orchestrator={deployer}"
    if deployer is None:
        named = load(source.files, source.overrides).root.get("decorators")
        if named is not None and named.get("orchestrator") is not None:
            return source
        line = f"decorators.orchestrator={DEFAULT}"
    return replace(source, overrides=(*source.overrides, line))


def _project(document: Document, settings: Settings) -> str:
    if settings.deployment.project:
        return settings.deployment.project
    file = document.folder / "pyproject.toml"
    if file.is_file():
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        name = tomllib.loads(file.read_text("utf-8")).get("project", {}).get("name")
        if name:
            return str(name)
    return document.folder.name
