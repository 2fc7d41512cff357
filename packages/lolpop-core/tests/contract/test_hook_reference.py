"""The hook reference, docs/hooks.md, says what the hooks and the contract values say."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from lolpop import contract, hookspecs
from lolpop.contract import Options

PAGE = Path(__file__).parents[4] / "docs" / "hooks.md"
HOOKS = [each for each in vars(hookspecs).values() if inspect.isfunction(each)]
KINDS = [kind for name in contract.__all__ if isinstance(kind := getattr(contract, name), type)]


def part(heading: str) -> str:
    """Give the text under one heading of the page, or nothing."""
    found = re.search(
        rf"^###? {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""


def docstring_part(thing: Any, title: str) -> str:
    """Give one section of a Google-style docstring, without its indentation."""
    found = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", inspect.getdoc(thing) or "", re.MULTILINE)
    return inspect.cleandoc(found[1]) if found else ""


def entries(thing: Any, title: str) -> dict[str, str]:
    """Give the names that a section explains, each explanation on one line."""
    found = re.split(r"^(\w+): ", docstring_part(thing, title), flags=re.MULTILINE)[1:]
    texts = (" ".join(text.split()) for text in found[1::2])
    return dict(zip(found[::2], texts, strict=True))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]]) + "\n"


def code(text: object) -> str:
    """Write code in a table cell."""
    return f"`{text}`".replace("|", r"\|")


def signature(hook: Any) -> str:
    """Write the heading of a hook."""
    return f"{hook.__name__}({', '.join(inspect.signature(hook).parameters)})"


def hook_text(hook: Any) -> str:
    """Write the section of a hook from its docstring."""
    doc = inspect.getdoc(hook) or ""
    prose = re.sub(r"(?<!\n)\n(?!\n)", " ", re.split(r"^\w[\w ]*:$", doc, flags=re.MULTILINE)[0])
    rows = [
        (code(name), code(hook.__annotations__[name]), text)
        for name, text in entries(hook, "Args").items()
    ]
    arguments = [table(("argument", "type", "what it is"), rows)] if rows else []
    returns = " ".join(docstring_part(hook, "Returns").split())
    raises = [(code(name), text) for name, text in entries(hook, "Raises").items()]
    again = " ".join(docstring_part(hook, "Second call").split())
    return "\n".join(
        [
            f"\n{prose.strip()}\n",
            *arguments,
            f"**Returns** `{hook.__annotations__['return']}`: {returns}\n",
            table(("raises", "when"), raises),
            f"**Second call**: {again}\n\n",
        ]
    )


def value_text(kind: Any) -> str:
    """Write the section of a contract value from its docstring."""
    doc = re.split(r"^Attributes:$", inspect.getdoc(kind) or "", flags=re.MULTILINE)[0]
    lines = f"\n{' '.join(doc.split())}\n\n"
    if issubclass(kind, Enum):
        members = [(code(value), text) for value, text in member_texts(kind).items()]
        return lines + table(("value", "meaning"), members) + "\n"
    texts, defaults = entries(kind, "Attributes"), default_texts(kind)
    rows = [
        (code(name), code(kind.__annotations__[name]), defaults[name], text)
        for name, text in texts.items()
    ]
    head = ("field", "type", "default", "what it is")
    return lines + (table(head, rows) + "\n" if rows else "")


def member_texts(kind: type[Enum]) -> dict[str, str]:
    """Read the docstring of each member of an enum from its source."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(tree, ast.ClassDef)
    return {
        ast.literal_eval(member.value): " ".join(ast.literal_eval(text.value).split())
        for member, text in pairwise(tree.body)
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr)
    }


def default_texts(kind: Any) -> dict[str, str]:
    """Write the default of each field of a dataclass or an option model."""
    if is_dataclass(kind):
        return {
            each.name: default_text(each.default, each.default_factory) for each in fields(kind)
        }
    return {
        name: default_text(each.default, each.default_factory)
        for name, each in kind.model_fields.items()
    }


def default_text(default: Any, factory: Any) -> str:
    """Write one default: what JSON would show, or `required`."""
    if factory not in (MISSING, None):
        return code(factory())
    if default in (MISSING, PydanticUndefined):
        return "required"
    return code(repr(default.value if isinstance(default, Enum) else default))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_every_hook_and_every_argument_stands_in_the_reference(hook: Any) -> None:
    assert part(f"`{signature(hook)}`") == hook_text(hook).strip()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_contract_value_and_every_field_stands_in_the_reference(kind: Any) -> None:
    assert part(f"`{kind.__name__}`") == value_text(kind).strip()


def test_the_reference_describes_nothing_that_does_not_exist() -> None:
    described = set(re.findall(r"^### `(.+)`$", PAGE.read_text(), re.MULTILINE))
    assert described == {kind.__name__ for kind in KINDS} | {signature(hook) for hook in HOOKS}


def test_options_are_values_too() -> None:
    assert {kind.__name__ for kind in KINDS if issubclass(kind, Options)} > {"DeployOptions"}
