"""The embedded orchestrator is a plugin like anybody's: public names only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest


def modules() -> list[Path]:
    spec = find_spec("lolpop.local")
    assert spec
    assert spec.origin
    return sorted(Path(spec.origin).parent.glob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_it_imports_public_names_only(path: Path) -> None:
    names = list(imported(ast.parse(path.read_text("utf-8"))))
    private = [
        name
        for name in names
        if name.startswith("lolpop") and any(part.startswith("_") for part in name.split("."))
    ]
    assert private == []


def test_it_is_found_by_its_entry_point() -> None:
    from lolpop import plugins
    from lolpop.local import LocalOrchestrator

    plugin = plugins.find("orchestrator", "LocalOrchestrator")
    assert plugin is not None
    assert plugin.target == "lolpop.local:LocalOrchestrator"
    assert LocalOrchestrator.__module__ == "lolpop.local.orchestrator"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    import lolpop.local

    with pytest.raises(AttributeError, match=r"^module 'lolpop.local' has no attribute 'Local'$"):
        lolpop.local.Local  # noqa: B018
