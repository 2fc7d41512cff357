"""Methods that only compose steps, made ready to be walked through."""

from __future__ import annotations

import ast
import inspect
from types import CellType, CodeType, FunctionType
from typing import Any

from lolpop.steps.references import Collapsed
from lolpop.steps.rewriting import GUARD, ORDINARY, Rewriter
from lolpop.steps.source import Definition, Sources, compiled

_KINDS = {
    inspect.CO_GENERATOR: "is a generator",
    inspect.CO_COROUTINE: "is asynchronous",
    inspect.CO_ASYNC_GENERATOR: "is asynchronous",
    inspect.CO_ITERABLE_COROUTINE: "is asynchronous",
}


class Compositions:
    """Rewrites each method once.

    Args:
        sources: Where methods are read.
        guard: What the rewritten methods ask.
    """

    def __init__(self, sources: Sources, guard: object) -> None:
        self._sources = sources
        self._guard = guard
        self._codes: dict[int, tuple[CodeType, CodeType]] = {}
        self._globals: dict[int, dict[str, Any]] = {}

    def made(self, function: object, owner: type) -> FunctionType:
        """Give the rewritten form of a method.

        Args:
            function: The method as its class has it.
            owner: The class.

        Raises:
            Collapsed: It isn't a method that could be walked through.
        """
        if not isinstance(function, FunctionType):
            raise Collapsed("is a static or class method", "write it as an ordinary method")
        code = self._code(function)
        closure = tuple(CellType(owner) for _ in code.co_freevars)
        made = FunctionType(
            code, self._names(function), function.__name__, function.__defaults__, closure
        )
        made.__kwdefaults__ = function.__kwdefaults__
        return made

    def _code(self, function: FunctionType) -> CodeType:
        code = function.__code__
        if id(code) not in self._codes:
            self._codes[id(code)] = code, self._rewritten(function, code)
        return self._codes[id(code)][1]

    def _rewritten(self, function: FunctionType, code: CodeType) -> CodeType:
        for flag, reason in _KINDS.items():
            if code.co_flags & flag:
                raise Collapsed(reason, ORDINARY, line=code.co_firstlineno)
        definition = self._sources.definition(function)
        _check(definition, code)
        local = frozenset((*code.co_varnames, *code.co_cellvars))
        assert isinstance(definition.node, ast.FunctionDef)
        definition.rewritten = True
        Rewriter(definition.owner, definition.changed, local).rewrite(definition.node)
        return compiled(definition, code)

    def _names(self, function: FunctionType) -> dict[str, Any]:
        names = function.__globals__
        if id(names) not in self._globals:
            self._globals[id(names)] = {**names, GUARD: self._guard}
        return self._globals[id(names)]


def _check(definition: Definition, code: CodeType) -> None:
    node = definition.node
    if node.decorator_list:
        shown = ast.unparse(node.decorator_list[0])
        raise Collapsed(f"is decorated with @{shown}", "leave the decorator off", line=node.lineno)
    if set(code.co_freevars) - {"__class__"}:
        names = ", ".join(code.co_freevars)
        raise Collapsed(f"uses {names} of the function around it", line=node.lineno)
