"""What statements set: how a target unpacks, and which names."""

from __future__ import annotations

import ast
from typing import Any

Shape = tuple[Any, ...]

_NAMED = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar),
)


def shape_of(target: ast.expr) -> Shape | None:
    """Say how a target unpacks: () not at all, else an item for each part, '*' for a star.

    None if it stores into something other than a variable.
    """
    if isinstance(target, ast.Name):
        return ()
    if not isinstance(target, ast.Tuple | ast.List):
        return None
    parts = [_part_shape(each) for each in target.elts]
    # `[] = x` unpacks into nothing; nobody writes that.
    return tuple(parts) if parts and None not in parts else None


def _part_shape(target: ast.expr) -> Any:
    if isinstance(target, ast.Starred):
        return "*" if isinstance(target.value, ast.Name) else None
    return shape_of(target)


def names_set(node: ast.AST) -> set[str]:
    """Collect the names that a statement sets, in whatever way."""
    found = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store | ast.Del):
            found.add(each.id)
        elif isinstance(each, ast.alias):
            found.add((each.asname or each.name).partition(".")[0])
        elif isinstance(each, _NAMED) and each.name:
            found.add(each.name)
    return found - {"*"}


def stored(targets: list[ast.expr]) -> str:
    """Say what an assignment to something other than a variable does."""
    for target in targets:
        for each in ast.walk(target):
            if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
                return f"stores .{each.attr} on an object"
    return "changes an item in place"
