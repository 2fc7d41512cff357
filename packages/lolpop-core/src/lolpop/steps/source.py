"""The source of a method, as what is loaded was made from it."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from lolpop.steps.references import Collapsed

_FUTURE = reduce(
    int.__or__, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Definition:
    """A `def` and the class around it.

    Attributes:
        node: The statement.
        owner: The name of the class; empty outside of one.
        changed: The names that functions of its module declare `global`.
        rewritten: Whether somebody has rewritten the statement in place.
        imported: The names that its module imports; calls of their attributes compile otherwise.
    """

    node: Function
    owner: str
    changed: frozenset[str] = frozenset()
    imported: tuple[str, ...] = ()
    rewritten: bool = False


_Module = dict[int, Definition]


class Sources:
    """Reads each file once.

    Args:
        folder: The project folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._modules: dict[str, _Module] = {}
        self._again: dict[str, _Module] = {}

    def shown(self, file: str) -> str:
        """Give a file's path from the project folder, or its whole path outside of it."""
        path = Path(file).resolve()
        inside = path.is_relative_to(self._folder)
        return path.relative_to(self._folder).as_posix() if inside else str(path)

    def line(self, function: Any) -> str | None:
        """Give where a function of the project stands, as 'file:line'; None outside of it."""
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None or not Path(code.co_filename).resolve().is_relative_to(self._folder):
            return None
        return f"{self.shown(code.co_filename)}:{_line_of_def(code)}"

    def find(self, code: CodeType) -> Definition | None:
        """Find the statement that a function was made from, as far as its place tells."""
        found = self._parsed(self._modules, code)
        if found is not None and found.rewritten:
            found = self._parsed(self._again, code)
        return found

    def _parsed(self, modules: dict[str, _Module], code: CodeType) -> Definition | None:
        file = code.co_filename
        if file not in modules:
            modules[file] = _parsed(file)
        found = modules[file].get(code.co_firstlineno)
        return found if found and found.node.name == code.co_name else None

    def definition(self, function: FunctionType) -> Definition:
        """Find the statement that a function was made from, and check that it is the same.

        Who rewrites the statement says so in `rewritten`.

        Raises:
            Collapsed: There is no source, or what is loaded was made from another one.
        """
        code = function.__code__
        found = self.find(code)
        if found is None:
            raise Collapsed(f"the source of {function.__qualname__} isn't there to be read")
        if not found.node.decorator_list and not _same(found, code):
            message = f"the source of {function.__qualname__} isn't what was loaded"
            raise Collapsed(
                message, "start again after a change of the file", line=code.co_firstlineno
            )
        return found


def _parsed(file: str) -> _Module:
    try:
        tree = ast.parse("".join(linecache.getlines(file)), file)
    except (SyntaxError, ValueError):
        return {}
    changed: set[str] = set()
    imported: set[str] = set()
    found = list(_definitions(tree.body, "", changed, imported))
    for definition in found:
        definition.changed = frozenset(changed)
        definition.imported = tuple(sorted(imported))
    return {_line(each.node): each for each in found}


def _definitions(
    body: list[Any], owner: str, changed: set[str], imported: set[str]
) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, Function):
            yield Definition(node, owner)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported.update(_imported(node))
        elif isinstance(node, ast.Global):
            changed.update(node.names)
        inner = node.name if isinstance(node, ast.ClassDef) else owner
        own = isinstance(node, Function | ast.ClassDef)
        names: set[str] = set() if own else imported
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield from _definitions(block, inner, changed, names)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for each in node.names:
        if each.name != "*":
            yield (each.asname or each.name).partition(".")[0]


def _line_of_def(code: CodeType) -> int:
    """Give the line of the `def`; the code of a decorated one starts at its decorators."""
    first = code.co_firstlineno
    lines = linecache.getlines(code.co_filename)[first - 1 :]
    found = (i for i, line in enumerate(lines) if line.lstrip().startswith(("def ", "async def ")))
    return first + next(found, 0)


def _line(node: Function) -> int:
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _same(found: Definition, code: CodeType) -> bool:
    return compiled(found, code) == code


def compiled(definition: Definition, code: CodeType) -> CodeType:
    """Compile a `def` as if it stood where an existing function stands, and give its code.

    Args:
        definition: The statement.
        code: The code of the existing function.
    """
    node, owner = definition.node, definition.owner
    body: list[ast.stmt] = [_in_class(node, owner)]
    names = [ast.alias("it", name, lineno=1, col_offset=0) for name in definition.imported]
    if names:
        body.insert(0, ast.Import(names, lineno=1, col_offset=0))
    whole = compile(ast.Module(body, []), code.co_filename, "exec", code.co_flags & _FUTURE, True)
    return _code_of(whole, node.name, depth=2 if owner else 1)


def _in_class(node: Function, owner: str) -> ast.stmt:
    if not owner:
        return node
    bare = ast.ClassDef(name=owner, bases=[], keywords=[], body=[node], decorator_list=[])
    if "type_params" in ast.ClassDef._fields:
        bare.type_params = []  # type: ignore[attr-defined,unused-ignore]
    return ast.copy_location(bare, node)


def _code_of(code: CodeType, name: str, depth: int) -> CodeType:
    """Find the code of the `def` in that of the module; before it stand only its defaults."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    if depth == 2:
        return _code_of(inner[-1], name, 1)
    return [each for each in inner if each.co_name == name][-1]
