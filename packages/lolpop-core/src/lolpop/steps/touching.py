"""What one method does with `self`, and which of its arguments it changes, by its source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lolpop.steps.mutating import MUTATING

Chain = tuple[str, ...]


_HARMLESS = frozenset({"type", "isinstance", "hasattr", "repr", "str", "id", "issubclass"})


@dataclass(frozen=True, slots=True)
class Touch:
    """One thing that a method does.

    Attributes:
        kind: `read`, `write`, `lazy` (a write that only fills what is unset), `call`,
            `escape` (`self` is handed to somebody), `alias`, or `change` of an argument.
        chain: The attributes from `self` on; for a change, the parameter's name.
        line: Its line.
        covered: The attributes that the method has surely set before.
        handed: For a call: which parameters it hands on, by position or keyword.
    """

    kind: str
    chain: Chain
    line: int
    covered: frozenset[str] = frozenset()
    handed: tuple[tuple[int | str, str], ...] = ()


def touches(node: ast.FunctionDef | ast.AsyncFunctionDef, has_self: bool = True) -> list[Touch]:
    """List what a method does, in the order of its source.

    Args:
        node: The method.
        has_self: Whether its first parameter is the object.
    """
    walker = _Walker(node, has_self)
    walker.walk(node.body)
    return walker.found


class _Walker(ast.NodeVisitor):
    """Notes touches; it knows no order but that of the source."""

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef, has_self: bool) -> None:
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        names = [each.arg for each in every]
        first = names.pop(0) if has_self and names else ""
        self.found: list[Touch] = []
        self._self = first
        # Where a variable leads: a chain from self, or a parameter.
        self._aliases: dict[str, Chain] = {}
        self._params: dict[str, str] = {name: name for name in names}
        extra = [each.arg for each in (node.args.vararg, node.args.kwarg) if each]
        self._tainted = {*names, *extra}
        self._assigned: set[str] = set()
        self._unset: list[Chain] = []
        self._depth = 0

    def visit(self, node: ast.AST) -> None:
        method = getattr(self, f"_on_{type(node).__name__.lower()}", self.generic_visit)
        method(node)

    def walk(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def _note(self, kind: str, chain: Chain, node: ast.AST, handed: Any = ()) -> None:
        covered = frozenset(self._assigned)
        self.found.append(Touch(kind, chain, getattr(node, "lineno", 0), covered, tuple(handed)))

    # Where an expression leads

    def _chain(self, node: ast.AST) -> Chain | None:
        """Give the attributes from self to what an expression gives, or None."""
        if isinstance(node, ast.Name):
            return () if node.id == self._self and node.id else self._aliases.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._chain(node.value)
            if base is None:
                return None
            return base if node.attr == "__class__" else (*base, node.attr)
        if _is_type_of(node, self._self):
            return ()
        return None

    def _root(self, node: ast.AST) -> tuple[Chain | None, str | None]:
        """Give the chain or the parameter that an expression is a part of."""
        chain = self._chain(node)
        if chain is not None:
            return chain, None
        if isinstance(node, ast.Name):
            return None, self._params.get(node.id)
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            return self._root(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inside = node.func.attr in ("items", "values", "setdefault")
            return self._root(node.func.value) if inside else (None, None)
        return None, None

    # What is set

    def _set(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._set(each, value)
        elif isinstance(target, ast.Starred):
            self._set(target.value, value)
        elif isinstance(target, ast.Name):
            self._bind(target.id, value)
        else:
            self._write(target, value)

    def _bind(self, name: str, value: ast.expr | None) -> None:
        if value is not None and self._is_tainted(value):
            self._tainted.add(name)
        chain, param = self._root(value) if value is not None else (None, None)
        if _copies(value):
            chain, param = None, None
        for known, new in ((self._aliases, chain), (self._params, param)):
            if new:
                known[name] = new  # type: ignore[assignment]
            elif not self._depth:
                known.pop(name, None)

    def _is_tainted(self, value: ast.expr) -> bool:
        return any(
            isinstance(each, ast.Name) and each.id in self._tainted for each in ast.walk(value)
        )

    def _write(self, target: ast.expr, value: ast.expr | None) -> None:
        chain, param = self._root(target)
        if param:
            self._note("change", (param,), target)
        if chain:
            lazy = self._is_lazy(chain, value)
            self._note("lazy" if lazy else "write", chain, target)
            if not self._depth and isinstance(target, ast.Attribute) and len(chain) == 1:
                self._assigned.add(chain[0])
        if isinstance(target, ast.Subscript):
            self.visit(target.slice)
        if isinstance(target, ast.Attribute | ast.Subscript) and not chain:
            self.visit(target.value)

    def _is_lazy(self, chain: Chain, value: ast.expr | None) -> bool:
        if value is None or self._is_tainted(value):
            return False
        or_itself = isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or)
        itself = or_itself and self._chain(value.values[0]) == chain  # type: ignore[attr-defined]
        return itself or chain in self._unset

    def _on_assign(self, node: ast.Assign) -> None:
        if self._chain(node.value) and all(isinstance(each, ast.Name) for each in node.targets):
            self._note("alias", self._chain(node.value) or (), node)
        else:
            self.visit(node.value)
        for target in node.targets:
            self._set(target, node.value)

    def _on_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._set(node.target, node.value)

    def _on_namedexpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._set(node.target, node.value)

    def _on_augassign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        chain, param = self._root(node.target)
        if isinstance(node.target, ast.Name):
            # Of a list it is a change, of a number it isn't: of what self holds both count.
            if chain:
                self._note("write", chain, node)
            return
        if chain:
            self._note("read", chain, node)
            self._note("write", chain, node)
        if param:
            self._note("change", (param,), node)

    def _on_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self._write(target, None)

    def _on_for(self, node: Any) -> None:
        self.visit(node.iter)
        self._depth += 1
        self._set(node.target, node.iter)
        self.walk([*node.body, *node.orelse])
        self._depth -= 1

    _on_asyncfor = _on_for

    def _on_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        self._depth += 1
        self._set(node.target, node.iter)
        self._depth -= 1
        for test in node.ifs:
            self.visit(test)

    def _comprehended(self, node: Any) -> None:
        for each in node.generators:
            self.visit(each)
        for name in ("key", "value", "elt"):
            if hasattr(node, name):
                self.visit(getattr(node, name))

    _on_listcomp = _on_setcomp = _on_dictcomp = _on_generatorexp = _comprehended

    def _on_with(self, node: Any) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._set(item.optional_vars, item.context_expr)
        self.walk(node.body)

    _on_asyncwith = _on_with

    # What is tested

    def _on_if(self, node: ast.If) -> None:
        self.visit(node.test)
        unset, is_set = self._tests(node.test)
        self._block(node.body, unset)
        self._block(node.orelse, is_set)
        ends = bool(node.body) and isinstance(node.body[-1], ast.Return | ast.Raise)
        if ends:
            self._unset.extend(is_set)

    def _on_try(self, node: Any) -> None:
        start = len(self.found)
        self._block(node.body, [])
        tried = [touch.chain for touch in self.found[start:] if touch.kind == "read"]
        for handler in node.handlers:
            caught = ast.unparse(handler.type) if handler.type else ""
            self._block(handler.body, tried if "AttributeError" in caught else [])
        self._block([*node.orelse, *node.finalbody], [])

    _on_trystar = _on_try

    def _on_while(self, node: ast.While) -> None:
        self.visit(node.test)
        self._block([*node.body, *node.orelse], [])

    def _block(self, body: Iterable[ast.stmt], unset: Iterable[Chain]) -> None:
        before = len(self._unset)
        self._unset.extend(unset)
        self._depth += 1
        self.walk(body)
        self._depth -= 1
        del self._unset[before:]

    def _tests(self, test: ast.expr) -> tuple[list[Chain], list[Chain]]:
        """Give the attributes that are unset if a test holds, and those if it doesn't."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._tests(test.operand)[::-1]
        if isinstance(test, ast.BoolOp):
            parts = [self._tests(each) for each in test.values]
            return [each for unset, _ in parts for each in unset], []
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return self._compared(test)
        chain = self._asked(test)
        return ([], [chain]) if chain else ([], [])

    def _asked(self, test: ast.expr) -> Chain | None:
        if isinstance(test, ast.Call) and isinstance(test.func, ast.Name):
            named = test.func.id in ("hasattr", "getattr") and len(test.args) > 1
            if named and isinstance(test.args[1], ast.Constant):
                base = self._chain(test.args[0])
                return None if base is None else (*base, str(test.args[1].value))
        return self._chain(test) or None

    def _compared(self, test: ast.Compare) -> tuple[list[Chain], list[Chain]]:
        left, right, op = test.left, test.comparators[0], test.ops[0]
        if isinstance(op, ast.In | ast.NotIn) and isinstance(left, ast.Constant):
            base = self._chain(right)
            found = [(*base[:-1], str(left.value))] if base and base[-1] == "__dict__" else []
            return (found, []) if isinstance(op, ast.NotIn) else ([], found)
        chain = self._asked(left)
        if chain is None or not isinstance(right, ast.Constant) or right.value is not None:
            return [], []
        return ([chain], []) if isinstance(op, ast.Is | ast.Eq) else ([], [chain])

    # What is read and called

    def _on_name(self, node: ast.Name) -> None:
        if self._self and node.id == self._self:
            self._note("escape", (), node)

    def _on_attribute(self, node: ast.Attribute) -> None:
        chain = self._chain(node)
        if chain:
            self._note("read", chain, node)
        elif chain is None:
            self.visit(node.value)

    def _on_formattedvalue(self, node: ast.FormattedValue) -> None:
        if self._chain(node.value) != ():
            self.visit(node.value)

    def _on_call(self, node: ast.Call) -> None:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else ""
        if name in ("setattr", "delattr", "getattr", "hasattr") and self._named_attribute(node):
            return
        self._visit_arguments(node, skipped=name in _HARMLESS)
        if isinstance(function, ast.Attribute):
            self._method(node, function)
        else:
            self.visit(function)

    def _visit_arguments(self, node: ast.Call, skipped: bool) -> None:
        for each in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if not (skipped and self._chain(each) == ()):
                self.visit(each)

    def _named_attribute(self, node: ast.Call) -> bool:
        """Note `setattr(self, "name", …)` and its kin; False if it is about something else."""
        base = self._chain(node.args[0]) if len(node.args) > 1 else None
        if base is None or not isinstance(node.func, ast.Name):
            return False
        key = node.args[1]
        if not isinstance(key, ast.Constant):
            self._note("escape", base, node)
        elif node.func.id == "getattr":
            self._note("read", (*base, str(key.value)), node)
        elif node.func.id != "hasattr":
            self._note("write", (*base, str(key.value)), node)
        self._visit_arguments(node, skipped=True)
        return True

    def _method(self, node: ast.Call, function: ast.Attribute) -> None:
        handed = [*self._handed(node)]
        if _is_super(function.value):
            self._note("call", ("super()", function.attr), node, handed)
            return
        chain, param = self._root(function.value)
        inplace = any(
            keyword.arg == "inplace" and getattr(keyword.value, "value", None) is True
            for keyword in node.keywords
        )
        changes = function.attr in MUTATING or inplace
        if param and changes:
            self._note("change", (param,), node)
        direct = self._chain(function)
        if direct:
            self._note("call", direct, node, handed)
        else:
            self.visit(function.value)
            if chain and changes:
                self._note("write", chain, node)

    def _handed(self, node: ast.Call) -> Iterator[tuple[int | str, str]]:
        given: list[tuple[int | str, ast.expr]] = list(enumerate(node.args))
        given += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        for key, value in given:
            if isinstance(value, ast.Name) and value.id in self._params:
                yield key, self._params[value.id]


def _is_super(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def _is_type_of(node: ast.AST, name: str) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
        return False
    first = node.args[0]
    return node.func.id == "type" and isinstance(first, ast.Name) and first.id == name


def _copies(value: ast.expr | None) -> bool:
    """Whether an item is taken by a slice or a mask, which copies."""
    if isinstance(value, ast.Subscript):
        return isinstance(value.slice, ast.Slice | ast.Compare | ast.List | ast.BinOp | ast.UnaryOp)
    return False
