"""What the YAML of a rule's workflow says."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def named_in(source: Path, witness: str) -> dict[str, Any]:
    """Name the runner and the pipelines of a workflow's module, as YAML would.

    Args:
        source: The module.
        witness: The file that all of them write to.
    """
    tree = ast.parse(source.read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    bases = {each.name: ast.unparse(each.bases[0]) for each in classes if each.bases}
    runner = next(name for name, base in bases.items() if base == "lolpop.Runner")
    pipelines = {n.lower(): n for n, base in bases.items() if base == "lolpop.Pipeline"}
    components = {n.lower(): n for n, base in bases.items() if base == "lolpop.Component"}
    sections = {name: {"config": {"witness": witness}} for name in (*pipelines, *components)}
    return {"runner": runner, "pipelines": pipelines, "components": components, **sections}


def lay_over(base: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """Lay YAML over other YAML: mappings merge, anything else is replaced."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            lay_over(base[key], value)
        else:
            base[key] = value
