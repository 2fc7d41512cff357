"""The package that a verb works with: made now, named, or the project's last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lolpop.contract import Package, Workflow
from lolpop.deploying.engine import Engine
from lolpop.errors import ConfigError, UsageError
from lolpop.inprocess import Source, prepared
from lolpop.package.archive import key_of
from lolpop.package.building import adopt, stored_package
from lolpop.storage import projects
from lolpop.workflow.entrypoint import choose


def wanted_package(
    used: Engine, entrypoint: str | None, named: str | None = None, stored: bool = True
) -> Package:
    """Give the package that is to be deployed.

    It is the one that is named; else the workflow, packaged now; else, where neither the
    command nor the configuration names a runner, the project's last one.

    Args:
        used: The project's orchestrator.
        entrypoint: The runner's method, or None for the configured or only one.
        named: A package's file, its digest, or a beginning of that.
        stored: Whether a new package is stored.

    Raises:
        NotFoundError: There is no such package.
        ConfigError: The workflow can't be packaged.
    """
    if named is not None:
        return _named(used, named, stored)
    if used.source.runner is None and used.settings.runner is None:
        return _last(used)
    return make_package(used, entrypoint, {}, stored)


def make_package(
    used: Engine, entrypoint: str | None, given: Mapping[str, Any], stored: bool = True
) -> Package:
    """Package a workflow; the same content is stored once.

    Args:
        used: The project's orchestrator.
        entrypoint: The runner's method, or None for the configured or only one.
        given: Options of the verb.
        stored: Whether the package is stored.
    """
    options = used.options("package", given)
    workflow = described(used.source, entrypoint, stored)
    package: Package = used.lifecycle.call("package", workflow=workflow, options=options)
    if stored:
        projects.note(used.store, used.project, package.digest)
    return package


def described(source: Source, entrypoint: str | None, stored: bool = True) -> Workflow:
    """Describe a workflow in full, as the hook `package` gets it."""
    # The folder changes: what is named from the caller's has to be found before.
    local_file = source.file.absolute() if source.file else None
    own = tuple(Path(name).absolute() for name in source.orchestrator_files)
    with prepared(source, entrypoint) as blueprint:
        cls = blueprint.runner.cls
        assert cls is not None
        return Workflow(
            project_folder=blueprint.document.folder,
            config_files=blueprint.document.files,
            overrides=source.overrides,
            runner=f"{cls.__module__}:{cls.__qualname__}",
            entrypoint=choose(cls, entrypoint or blueprint.settings.entrypoint),
            local_file=local_file,
            modules=source.modules,
            orchestrator_files=own,
            orchestrator=source.orchestrator,
            stored=stored,
        )


def _named(used: Engine, named: str, stored: bool) -> Package:
    if Path(named).is_file():
        return adopt(Path(named), used.store, stored)
    if not named or set(named) - set("0123456789abcdef"):
        raise UsageError(
            f"there is no file {named!r}, and it is no digest either",
            hint="name a package's file, or at least the beginning of its digest",
        )
    return stored_package(named, used.store)


def _last(used: Engine) -> Package:
    digest = projects.last(used.store, used.project)
    if digest is None:
        problem = used.document.root.problem(
            f"no runner is named, and project {used.project!r} has no package yet",
            "runner",
            "name the class, write `runner: ITS_CLASS`, or package first",
        )
        raise ConfigError([problem])
    package = stored_package(digest, used.store)
    made = datetime.fromtimestamp(used.store.modified(key_of(package.digest)), UTC)
    said = (
        f"deploys package {package.digest[:12]}, made at {made:%Y-%m-%d %H:%M:%S} UTC:"
        " name a runner to package anew"
    )
    return replace(package, warnings=(*package.warnings, said))
