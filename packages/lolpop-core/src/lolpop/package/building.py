"""From a project to a stored package."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lolpop import plugins
from lolpop.config.nodes import Node
from lolpop.config.writer import values_of
from lolpop.contract import (
    Environment,
    LockedDistribution,
    Manifest,
    Package,
    PackageFile,
    StepGraph,
    Workflow,
    canonical_json,
)
from lolpop.errors import NotFoundError, PackageError
from lolpop.package.archive import (
    LARGEST,
    MANIFEST,
    Entry,
    digest_of,
    key_of,
    size_of,
    write_zip,
)
from lolpop.package.configuration import shown, workflow_part
from lolpop.package.contents import Source, config_source, locked, project_sources, read_file
from lolpop.package.files import Rules, chosen
from lolpop.package.hiding import hiding, importable, refuse_hiding
from lolpop.package.lock import closure, platform_name, python_version, roots_of_lock
from lolpop.package.opening import check_archive, read_manifest
from lolpop.package.parameters import schema_of
from lolpop.package.references import outside, refuse_missing, refuse_missing_code
from lolpop.package.requirements import required_by
from lolpop.package.secrets import refuse_secrets
from lolpop.storage import Store
from lolpop.workflow.blueprint import Blueprint

_LARGE_FILE = 10_000_000
_LARGE_PACKAGE = 100_000_000


def build(blueprint: Blueprint, workflow: Workflow, graph: StepGraph, store: Store) -> Package:
    """Make the package of a workflow and store it; the same content is stored once.

    Args:
        blueprint: The checked workflow.
        workflow: How the command line and the YAML name it.
        graph: Its steps.
        store: Where the package goes.

    Raises:
        ConfigError: A configured file would be left out.
        SecretError: A secret would enter the package.
        PackageError: A file can't be packaged, or something required isn't installed.
    """
    config = workflow_part(blueprint)
    settings = blueprint.settings.package
    folder = workflow.project_folder
    # First, for it needs a build tool where something is editable: nothing was done by then.
    required = required_by(folder, settings.requirements)
    lock, wheels = locked(closure(roots_of_lock(required, blueprint)), store)
    refuse_secrets(config, settings.allow_literals)
    choice = chosen(folder, _rules(blueprint, workflow, store))
    packaged = {file.path for file in choice.files}
    refuse_missing(_with_parameters(config, blueprint), folder, packaged, settings.exclude)
    refuse_missing_code(_modules(blueprint, workflow), folder, packaged)
    modules = importable(packaged, _roots(blueprint, workflow))
    deployer = _deployer(blueprint)
    refuse_hiding(modules, folder, deployer)
    sources = [config_source(config), *project_sources(choice.files), *wheels]
    sources.sort(key=lambda source: source.file.path)
    files = tuple(source.file for source in sources)
    manifest = _manifest(blueprint, workflow, graph, config, files, lock)
    warnings = (
        *_warnings(files),
        *choice.warnings,
        *hiding(modules, deployer),
        *_outside(config, folder),
    )
    return _stored(manifest, sources, store, warnings, workflow.stored)


def adopt(file: Path, store: Store, stored: bool = True) -> Package:
    """Store a package that came as a file, verified.

    Args:
        file: The package.
        store: Where it goes.
        stored: Whether it is stored; if not, it is only verified.

    Raises:
        PackageError: The file can't be read.
        HostilePackageError: It is damaged, made to do harm, or no package.
    """
    content = read_file(str(file))
    digest, manifest = check_archive(content)
    names = [(MANIFEST, False), *((each.path, each.executable) for each in manifest.files)]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # Written anew: a file that came from anywhere may hold more than its entries.
        entries = [(name, archive.read(name), executable) for name, executable in names]
    size = size_of((name, len(data)) for name, data, _ in entries)
    if stored and store.size(key_of(digest)) != size:
        with store.scratch() as draft:
            write_zip(draft, entries)
            store.adopt(draft, key_of(digest), durable=True)
    return Package(digest=digest, url=_url(store, digest), size=size, manifest=manifest)


def stored_package(digest: str, store: Store) -> Package:
    """Give a package that is stored already.

    Args:
        digest: Its digest, or a beginning of it that no other one has.
        store: Where it is.

    Raises:
        NotFoundError: There is none, or several begin so.
        HostilePackageError: What is stored isn't the package of this digest.
    """
    keys = [key for key in store.list("packages") if key.endswith(".zip")]
    known = {key.rpartition("/")[2].removesuffix(".zip"): key for key in keys}
    found = [known_digest for known_digest in known if known_digest.startswith(digest)]
    if len(found) != 1:
        which = f"{len(found)} packages begin with" if found else "there is no package"
        listed = ", ".join(sorted(each[:12] for each in found or known)) or "none"
        raise NotFoundError(
            f"{which} {digest!r} in {store.shown!r}; there is {listed}",
            hint="`lolpop deployment package` makes one",
        )
    size = store.size(known[found[0]]) or 0
    manifest = read_manifest(store, found[0])
    return Package(digest=found[0], url=_url(store, found[0]), size=size, manifest=manifest)


def _rules(blueprint: Blueprint, workflow: Workflow, store: Store) -> Rules:
    settings = blueprint.settings
    folder = blueprint.document.folder
    local = store.local_path("packages")
    storage = local.parent if local else folder / ".lolpop"
    package = settings.package
    configuration = (*workflow.config_files, *workflow.orchestrator_files)
    names = [part.section.name for part in (*blueprint.parts, *blueprint.decorators)]
    return Rules(package.include, package.exclude, storage, configuration, names)


def _with_parameters(config: Node, blueprint: Blueprint) -> Node:
    """Add the configured parameters, which name files too though they aren't packaged."""
    deployment = blueprint.document.root.get("deployment")
    parameters = deployment.get("parameters") if deployment else None
    if deployment is None or parameters is None:
        return config
    section = deployment.with_value({"parameters": parameters})
    return config.with_value({**dict(config.items()), "deployment": section})


def _modules(blueprint: Blueprint, workflow: Workflow) -> list[Path]:
    """Give the files that the workflow's classes stand in."""
    parts = [*blueprint.parts, *blueprint.decorators]
    classes = [part.cls for part in parts if part is not blueprint.orchestrator and part.cls]
    modules = [sys.modules.get(cls.__module__) for cls in classes]
    names = [getattr(module, "__file__", None) for module in modules]
    local = [workflow.local_file] if workflow.local_file else []
    return [*local, *(Path(name) for name in names if name)]


def _manifest(
    blueprint: Blueprint,
    workflow: Workflow,
    graph: StepGraph,
    config: Node,
    files: tuple[PackageFile, ...],
    lock: tuple[LockedDistribution, ...],
) -> Manifest:
    return Manifest(
        runner=workflow.runner,
        entrypoint=workflow.entrypoint,
        parameters=schema_of(getattr(blueprint.runner.cls, workflow.entrypoint)),
        graph=graph,
        config=shown(values_of(config)),
        local_file=_local_file(workflow),
        roots=_roots(blueprint, workflow),
        files=files,
        lock=lock,
        environment=Environment(blueprint.settings.package.environment),
        python=python_version(),
        platform=platform_name(),
    )


def _roots(blueprint: Blueprint, workflow: Workflow) -> tuple[str, ...]:
    folder = workflow.project_folder.resolve()
    return tuple(_inside(root, folder, "in package.roots") for root in blueprint.roots)


def _deployer(blueprint: Blueprint) -> str | None:
    """Name the distribution of the orchestrator; None for the embedded or the project's own."""
    part = blueprint.orchestrator
    name = part.section.class_name.value if part and part.section.class_name else None
    plugin = plugins.find("orchestrator", str(name)) if name else None
    return plugin.distribution if plugin and plugin.distribution != plugins.CORE else None


def _local_file(workflow: Workflow) -> str | None:
    if workflow.local_file is None:
        return None
    return _inside(
        workflow.local_file.resolve(), workflow.project_folder.resolve(), "given with -l"
    )


def _inside(path: Path, folder: Path, said: str) -> str:
    """Give a path from the project folder, and refuse one that leads out of it."""
    if not path.is_relative_to(folder):
        raise PackageError(
            f"{str(path)!r}, {said}, is outside of the project folder {str(folder)!r}",
            hint="only files beneath the folder of the first configuration file are packaged",
        )
    return path.relative_to(folder).as_posix()


def _stored(
    manifest: Manifest,
    sources: Sequence[Source],
    store: Store,
    warnings: tuple[str, ...],
    wanted: bool,
) -> Package:
    content = canonical_json(manifest)
    digest = digest_of(content)
    sizes = [(MANIFEST, len(content)), *((each.path, each.size) for each in manifest.files)]
    size = size_of(sizes)
    if size > LARGEST:
        largest = max(manifest.files, key=lambda file: file.size)
        raise PackageError(
            f"the package would have {_bytes(size)}, more than {_bytes(LARGEST)};"
            f" its largest file is {largest.path!r} with {_bytes(largest.size)}",
            hint="leave large data out with package.exclude, and read it from where it is",
        )
    if wanted and store.size(key_of(digest)) != size:
        with store.scratch() as draft:
            write_zip(draft, _entries(content, sources))
            store.adopt(draft, key_of(digest), durable=True)
    return Package(
        digest=digest, url=_url(store, digest), size=size, manifest=manifest, warnings=warnings
    )


def _entries(manifest: bytes, sources: Sequence[Source]) -> Iterator[Entry]:
    yield MANIFEST, manifest, False
    for source in sources:
        yield source.file.path, source.read(), source.file.executable


def _url(store: Store, digest: str) -> str:
    return f"{store.shown.rstrip('/')}/{key_of(digest)}"


def _warnings(files: Sequence[PackageFile]) -> Iterator[str]:
    large = [file for file in files if file.size > _LARGE_FILE]
    total = sum(file.size for file in files)
    for file in large:
        yield f"{file.path!r} has {_bytes(file.size)}: leave out what no step reads"
    if total > _LARGE_PACKAGE and not large:
        most = sorted(files, key=lambda file: (-file.size, file.path))[:3]
        named = ", ".join(f"{file.path!r} ({_bytes(file.size)})" for file in most)
        yield f"the package has {_bytes(total)} in all; its largest files are {named}"


def _outside(config: Node, folder: Path) -> Iterator[str]:
    for problem in outside(config, folder):
        yield str(problem)


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
