"""A class of a user's project with its test, and the lines that name it in the YAML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lolpop.config.document import Document, load
from lolpop.errors import UsageError
from lolpop.scaffolding.filling import filled
from lolpop.scaffolding.naming import integration_name
from lolpop.scaffolding.writing import write
from lolpop.workflow.check import settings_of
from lolpop.workflow.project import roots_of

FILE = "lolpop.yaml"
_VALUES = {"component": 'prefix: "-"', "pipeline": "shortest: 1", "runner": "greeting: hello"}


@dataclass(frozen=True, slots=True)
class Created:
    """What was made, and what is left to do.

    Attributes:
        name: The class's name.
        files: The paths of the files that were written.
        yaml: The lines to add to the configuration.
        test: The command that runs the test, in the project's folder.
    """

    name: str
    files: list[str]
    yaml: str
    test: str


def create(kind: str, said: str, folder: Path) -> Created:
    """Write a component, pipeline or runner and its test into a project.

    Args:
        kind: `component`, `pipeline` or `runner`.
        said: Its name, in any form.
        folder: The project's folder.

    Raises:
        UsageError: There is no project, the name can't be one, or a file is there already.
        ConfigError: The project's configuration can't be read.
    """
    name = integration_name(said, kind)
    document = _document(folder)
    _refuse_named(document, name.snake)
    root = _root(document, folder)
    code, test = filled(kind, name).values()
    module, checks = root / f"{name.snake}.py", Path("tests", f"test_{name.snake}.py")
    texts = {str(module): code, str(checks): test}
    files = write(folder, texts, hint=f"choose another name: lolpop create {kind} NAME")
    path = "" if root == Path() else f"PYTHONPATH={root} "
    yaml = _yaml(kind, name.snake, name.camel, document)
    return Created(name.camel, files, yaml, f"{path}python -m pytest {checks}")


def _document(folder: Path) -> Document:
    if not (folder / FILE).is_file():
        raise UsageError(
            f"there is no {FILE} in {str(folder)!r}",
            hint="`lolpop init` starts a project; name the folder of one that there is",
        )
    return load([folder / FILE])


def _refuse_named(document: Document, key: str) -> None:
    for section in ("pipelines", "components"):
        named = document.root.get(section)
        found = named.get(key) if named else None
        if found is not None:
            message = f"{found.named_at}: {section}.{key} names {found.value!r} already"
            raise UsageError(message, hint="choose another name")


def _root(document: Document, folder: Path) -> Path:
    """Give the folder in the project that its imports start at."""
    settings, problems = settings_of(document)
    (first, *_) = roots_of(folder.resolve(), None if problems else settings.package.roots)
    return first.relative_to(folder.resolve())


def _yaml(kind: str, key: str, cls: str, document: Document) -> str:
    """Write the lines that name a class; modules that are named already stay so."""
    settings, problems = settings_of(document)
    modules = ", ".join([*([] if problems else settings.modules), key])
    config = f"config: {{{_VALUES[kind]}}}"
    if kind == "runner":
        return f"runner: {cls}\nmodules: [{modules}]\n{config}"
    return f"modules: [{modules}]\n{kind}s:\n  {key}: {cls}\n{key}:\n  {config}"
