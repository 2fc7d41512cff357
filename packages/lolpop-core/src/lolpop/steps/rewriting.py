"""Rewrite a method so that every use of a value asks first whether the value is known."""

from __future__ import annotations

import ast
from typing import Any, NoReturn, TypeVar

from lolpop.steps.references import Collapsed
from lolpop.steps.targets import names_set, shape_of, stored

GUARD = "__lolpop__"
"""The name of the guard in rewritten code; names of this form aren't mangled in classes."""

_Made = TypeVar("_Made", bound=ast.AST)

_STATEMENTS = {
    "With": "uses `with`",
    "AsyncWith": "uses `async with`",
    "Try": "uses `try`",
    "TryStar": "uses `try`",
    "Raise": "raises an exception",
    "Import": "imports a module",
    "ImportFrom": "imports a module",
    "FunctionDef": "defines a function",
    "AsyncFunctionDef": "defines a function",
    "ClassDef": "defines a class",
    "Delete": "deletes an item or an attribute",
    "Match": "uses `match`",
    "AsyncFor": "uses `async for`",
}
_EXPRESSIONS = {
    "Lambda": "uses a lambda",
    "Await": "awaits something",
}
ORDINARY = "write it as an ordinary method that returns its result"
HELPER = "move this into a method of a pipeline or component, or into a small method of the runner"
_SINGLETONS = (None, True, False, ...)


class Rewriter:
    """Puts guards into the body of one method.

    Args:
        owner: The name of the class around it, for names such as `__private`.
        changed: The global names that functions of the module set.
        local: The names of the method's own variables.
    """

    def __init__(self, owner: str, changed: frozenset[str], local: frozenset[str]) -> None:
        self._owner = owner.lstrip("_")
        self._changed = changed - local

    def rewrite(self, node: ast.FunctionDef) -> None:
        """Rewrite a `def` in place; its defaults are left to be set afterwards."""
        blank = _placed(ast.Constant(None), node)
        arguments = node.args
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names += [each for each in (arguments.vararg, arguments.kwarg) if each]
        for each in names:
            each.annotation = None
        arguments.defaults = [blank for _ in arguments.defaults]
        arguments.kw_defaults = [each and blank for each in arguments.kw_defaults]
        node.returns = None
        node.body = self._block(node.body)

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(each) for each in body]

    def visit(self, node: ast.AST) -> Any:
        """Rewrite one node; what isn't known is refused when it is reached."""
        name = type(node).__name__
        method = getattr(self, f"_on_{name.lower()}", None)
        if method is not None:
            return method(node)
        if isinstance(node, ast.stmt):
            return self._refused_statement(node, _STATEMENTS.get(name, f"uses {name}"))
        if isinstance(node, ast.expr):
            return self._refusal(node, _EXPRESSIONS.get(name, f"uses {name}"))
        return node

    def _guard(self, node: ast.AST, name: str, *args: ast.expr | None) -> ast.Call:
        guard = ast.Attribute(ast.Name(GUARD, ast.Load()), name, ast.Load())
        given = [_placed(each, node) for each in args if each is not None]
        made = ast.Call(guard, given, [])
        _placed(guard.value, node)
        _placed(guard, node)
        return _placed(made, node)

    def _refusal(self, node: ast.AST, reason: str) -> ast.Call:
        return self._guard(node, "refuse", ast.Constant(reason), ast.Constant(HELPER))

    def _refused_statement(self, node: ast.stmt, reason: str) -> ast.stmt:
        """Refuse a statement, and keep the names that it sets local."""
        for each in ast.walk(node):
            if isinstance(each, ast.Global | ast.Nonlocal):
                raise Collapsed("declares a name global", ORDINARY, line=each.lineno)
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in sorted(names_set(node))]
        refusal = self._refusal(node, reason)
        made = ast.Assign(targets, refusal) if targets else ast.Expr(refusal)
        return ast.fix_missing_locations(_placed(made, node))

    def _plain(self, node: ast.expr, verb: str) -> ast.expr:
        if isinstance(node, ast.Constant):
            return node
        return self._guard(node, "plain", self.visit(node), ast.Constant(verb))

    def _test(self, node: ast.expr) -> ast.expr:
        return self._guard(node, "test", self.visit(node))

    def _name(self, name: str) -> ast.Constant:
        private = name.startswith("__") and not name.endswith("__")
        return ast.Constant(f"_{self._owner}{name}" if private and self._owner else name)

    # Statements

    def _on_global(self, node: ast.Global) -> NoReturn:
        raise Collapsed("declares a name global", ORDINARY, line=node.lineno)

    _on_nonlocal = _on_global

    def _on_expr(self, node: ast.Expr) -> ast.stmt:
        node.value = self.visit(node.value)
        return node

    def _on_pass(self, node: ast.Pass) -> ast.stmt:
        return node

    def _on_break(self, node: ast.Break) -> ast.stmt:
        return node

    def _on_continue(self, node: ast.Continue) -> ast.stmt:
        return node

    def _on_return(self, node: ast.Return) -> ast.stmt:
        node.value = node.value and self.visit(node.value)
        return node

    def _on_if(self, node: ast.If) -> ast.stmt:
        node.test = self._test(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def _on_while(self, node: ast.While) -> ast.stmt:
        node.test = self._guard(node.test, "turn", self._test(node.test))
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def _on_for(self, node: ast.For) -> ast.stmt:
        shape = shape_of(node.target)
        if shape is None:
            return self._refused_statement(node, "stores something in a loop's head")
        node.iter = self._guard(node.iter, "iterate", self.visit(node.iter), _constant(shape))
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def _on_assert(self, node: ast.Assert) -> ast.stmt:
        node.test = self._test(node.test)
        node.msg = node.msg and self.visit(node.msg)
        return node

    def _on_delete(self, node: ast.Delete) -> ast.stmt:
        if all(isinstance(target, ast.Name) for target in node.targets):
            return node
        return self._refused_statement(node, _STATEMENTS["Delete"])

    def _on_assign(self, node: ast.Assign) -> ast.stmt:
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Subscript):
            store = self._guard(node, "store", self.visit(node.value), *self._subscripted(target))
            return _placed(ast.Expr(store), node)
        shapes = [shape_of(each) for each in node.targets]
        if None in shapes:
            return self._refused_statement(node, stored(node.targets))
        if len(shapes) > 1 and any(shapes):
            return self._refused_statement(node, "unpacks and assigns at once")
        node.value = self.visit(node.value)
        if shapes[0]:
            node.value = self._guard(node.value, "unpack", node.value, _constant(shapes[0]))
        return node

    def _on_annassign(self, node: ast.AnnAssign) -> ast.stmt:
        node.annotation = _placed(ast.Constant(None), node)
        if not isinstance(node.target, ast.Name):
            return self._refused_statement(node, stored([node.target]))
        node.value = node.value and self.visit(node.value)
        return node

    def _on_augassign(self, node: ast.AugAssign) -> ast.stmt:
        if not isinstance(node.target, ast.Name):
            return self._refused_statement(node, stored([node.target]))
        current = _placed(ast.Name(node.target.id, ast.Load()), node)
        node.value = self._guard(node, "augment", current, self.visit(node.value))
        return node

    # Expressions

    def _on_constant(self, node: ast.Constant) -> ast.expr:
        return node

    def _on_name(self, node: ast.Name) -> ast.expr:
        if node.id in self._changed:
            return self._refusal(node, f"reads the global {node.id!r}, which functions change")
        if node.id in ("__class__", GUARD):
            return self._refusal(node, f"uses {node.id}")
        return node

    def _on_namedexpr(self, node: ast.NamedExpr) -> ast.expr:
        node.value = self.visit(node.value)
        return node

    def _on_attribute(self, node: ast.Attribute) -> ast.expr:
        return self._guard(node, "attribute", self.visit(node.value), self._name(node.attr))

    def _on_subscript(self, node: ast.Subscript) -> ast.expr:
        return self._guard(node, "item", *self._subscripted(node))

    def _subscripted(self, node: ast.Subscript) -> tuple[ast.expr, ast.expr]:
        return self.visit(node.value), self._plain(node.slice, "takes as a key")

    def _on_slice(self, node: ast.Slice) -> ast.expr:
        ends = [
            self._plain(each, "slices with") if each else ast.Constant(None)
            for each in (node.lower, node.upper, node.step)
        ]
        return self._guard(node, "slice", *(_placed(end, node) for end in ends))

    def _on_call(self, node: ast.Call) -> ast.expr:
        args, keywords = self._arguments(node), self._keywords(node)
        function = node.func
        if isinstance(function, ast.Attribute):
            name = self._name(function.attr)
            made = self._guard(node, "method", self.visit(function.value), name, args, keywords)
        elif isinstance(function, ast.Name) and function.id == "super" and not node.args:
            made = self._guard(node, "base")
        else:
            made = self._guard(node, "call", self.visit(function), args, keywords)
        return made

    def _arguments(self, node: ast.Call) -> ast.expr:
        shown = [self._shown(each) for each in node.args]
        return _placed(ast.Tuple(shown, ast.Load()), node)

    def _keywords(self, node: ast.Call) -> ast.expr:
        pairs: list[ast.expr] = []
        for each in node.keywords:
            value = self._shown(each.value)
            key = _placed(ast.Constant(each.arg), node)
            pairs.append(_placed(ast.Tuple([key, value], ast.Load()), node))
        if any(each.arg is None for each in node.keywords):
            return self._guard(node, "keywords", ast.Tuple(pairs, ast.Load()))
        keys: list[ast.expr | None] = [
            pair.elts[0] for pair in pairs if isinstance(pair, ast.Tuple)
        ]
        values = [pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple)]
        return ast.Dict(keys, values)

    def _shown(self, node: ast.expr) -> ast.expr:
        """Rewrite an argument; an f-string may show references if it is printed."""
        if not isinstance(node, ast.JoinedStr):
            visited: ast.expr = self.visit(node)
            return visited
        pieces = [
            each if isinstance(each, ast.Constant) else self._piece(each) for each in node.values
        ]
        return self._guard(node, "text", ast.Tuple(pieces, ast.Load()))

    def _piece(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.FormattedValue)
        format_spec = self.visit(node.format_spec) if node.format_spec else ast.Constant("")
        parts = [self.visit(node.value), _placed(ast.Constant(node.conversion), node)]
        parts.append(_placed(format_spec, node))
        return _placed(ast.Tuple(parts, ast.Load()), node)

    def _on_joinedstr(self, node: ast.JoinedStr) -> ast.expr:
        node.values = [self.visit(each) for each in node.values]
        return node

    def _on_formattedvalue(self, node: ast.FormattedValue) -> ast.expr:
        node.value = self._plain(node.value, "formats")
        node.format_spec = node.format_spec and self.visit(node.format_spec)
        return node

    def _on_starred(self, node: ast.Starred) -> ast.expr:
        node.value = self._guard(node, "star", self.visit(node.value))
        return node

    def _on_tuple(self, node: ast.Tuple) -> ast.expr:
        node.elts = [self.visit(each) for each in node.elts]
        return node

    def _on_list(self, node: ast.List) -> ast.expr:
        node.elts = [self.visit(each) for each in node.elts]
        return self._guard(node, "new", node)

    _on_set = _on_list

    def _on_dict(self, node: ast.Dict) -> ast.expr:
        for index, key in enumerate(node.keys):
            value: ast.expr = self.visit(node.values[index])
            node.keys[index] = key and self._plain(key, "takes as a key")
            node.values[index] = value if key else self._guard(value, "double", value)
        return self._guard(node, "new", node)

    def _on_binop(self, node: ast.BinOp) -> ast.expr:
        node.left = self._plain(node.left, "calculates with")
        node.right = self._plain(node.right, "calculates with")
        return self._guard(node, "new", node)

    def _on_unaryop(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not):
            node.operand = self._test(node.operand)
        else:
            node.operand = self._plain(node.operand, "calculates with")
        return node

    def _on_boolop(self, node: ast.BoolOp) -> ast.expr:
        *first, last = node.values
        node.values = [*(self._test(each) for each in first), self.visit(last)]
        return node

    def _on_ifexp(self, node: ast.IfExp) -> ast.expr:
        node.test = self._test(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def _on_compare(self, node: ast.Compare) -> ast.expr:
        same = [isinstance(op, ast.Is | ast.IsNot) for op in node.ops]
        sides = [node.left, *node.comparators]
        if not any(same):
            checked = [self._plain(each, "compares") for each in sides]
        elif len(sides) == 2:
            single = any(_is_singleton(each) for each in sides)
            guard = "subject" if single else "identity"
            checked = [self._guard(each, guard, self.visit(each)) for each in sides]
        else:
            return self._refusal(node, "compares identities in a chain")
        node.left, *node.comparators = checked
        return node

    def _on_listcomp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehended(node)

    _on_setcomp = _on_listcomp

    def _on_generatorexp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehended(node, fresh=False)

    def _on_dictcomp(self, node: ast.DictComp) -> ast.expr:
        if not self._generators(node.generators):
            return self._refusal(node, "stores something in a comprehension")
        node.key = self._plain(node.key, "takes as a key")
        node.value = self.visit(node.value)
        return self._guard(node, "new", node)

    def _comprehended(self, node: Any, fresh: bool = True) -> ast.expr:
        if not self._generators(node.generators):
            return self._refusal(node, "stores something in a comprehension")
        node.elt = self.visit(node.elt)
        return self._guard(node, "new", node) if fresh else node

    def _generators(self, generators: list[ast.comprehension]) -> bool:
        for each in generators:
            shape = shape_of(each.target)
            if shape is None or each.is_async:
                return False
            each.iter = self._guard(each.iter, "iterate", self.visit(each.iter), _constant(shape))
            each.ifs = [self._test(test) for test in each.ifs]
        return True


def _placed(made: _Made, node: Any) -> _Made:
    """Give a new node the line of another one, which is the line that a failure shows.

    It starts and ends there: where an attribute ends is the line of its call.
    """
    if not hasattr(made, "lineno"):
        made.lineno = made.end_lineno = node.lineno  # type: ignore[attr-defined]
        made.col_offset = made.end_col_offset = node.col_offset  # type: ignore[attr-defined]
    return made


def _constant(value: object) -> ast.Constant:
    return ast.Constant(value)  # type: ignore[arg-type]


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and any(node.value is each for each in _SINGLETONS)
