"""What the command line and the package import before anything needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "asyncio",
    "cloudpickle",
    "fsspec",
    "importlib.metadata",
    "jsonschema",
    "pluggy",
    "pydantic",
    "rich",
    "yaml",
}
HELP = {
    "lolpop",
    "lolpop._version",
    "lolpop.cli",
    "lolpop.cli.app",
    "lolpop.cli.failures",
    "lolpop.importing",
}
REPORT = "import sys; print(file=sys.stderr, *sorted(sys.modules))"


def modules(code: str) -> set[str]:
    """Give the modules that a fresh process holds after some code."""
    whole = f"import atexit\natexit.register(lambda: exec({REPORT!r}))\n{code}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def ours(found: set[str]) -> set[str]:
    return {name for name in found if name.split(".")[0].startswith("lolpop")}


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_import_six_modules_of_ours(word: str) -> None:
    found = modules(f"from lolpop.cli import main\nmain([{word!r}])")
    assert ours(found) == HELP
    assert not found & HEAVY


@pytest.mark.parametrize("group", ["create", "run", "config", "plugins", "runs", "storage"])
def test_the_help_of_a_group_imports_none_of_its_commands(group: str) -> None:
    found = modules(f"from lolpop.cli import main\nmain([{group!r}, '--help'])")
    assert ours(found) == HELP
    assert not found & HEAVY


def test_importing_the_package_imports_nothing_else() -> None:
    found = modules("import lolpop; dir(lolpop); lolpop.__version__")
    assert ours(found) == {"lolpop", "lolpop._version"}
    assert not found & (HEAVY | {"click"})


def test_a_workflows_classes_need_no_orchestrator() -> None:
    found = modules("from lolpop import Component, Pipeline, Runner, Fatal")
    assert not found & {"lolpop.orchestrator", "lolpop.local", "pluggy", "importlib.metadata"}


def test_running_a_workflow_imports_only_the_plugin_that_is_named() -> None:
    code = (
        "import pathlib, tempfile, os; os.chdir(tempfile.mkdtemp())\n"
        "from lolpop.cli import main\n"
        "from lolpop.cli.app import run\n"
        "run(['init'])\n"
        "main(['run', 'workflow'])"
    )
    found = modules(code)
    engines = {"airflow", "airflow_client", "dagster", "prefect", "lolpop_prefect"}
    assert not found & (engines | {"lolpop.local", "lolpop.orchestrator"})


def test_every_public_name_is_there() -> None:
    import lolpop

    assert all(getattr(lolpop, name) is not None for name in lolpop.__all__)
    assert dir(lolpop) == sorted(lolpop.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    import lolpop

    with pytest.raises(AttributeError, match=r"^module 'lolpop' has no attribute 'Runer'$"):
        lolpop.Runer  # noqa: B018
