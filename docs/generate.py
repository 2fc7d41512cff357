"""Write the generated parts of the documents: `python docs/generate.py`.

`hooks.md` from its heading "Hooks" on comes from the docstrings of the hooks and of the contract's
values, `cli.md` is what `--help` prints, and `rules.md` comes from the docstrings of the rules.
Tests compare all of them with what this would write.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import click
from pydantic_core import PydanticUndefined

from lolpop import contract, hookspecs
from lolpop.cli.app import root
from lolpop.testing.rule import VERSION, Rule, rules

DOCS = Path(__file__).parent
HOOKS = [each for each in vars(hookspecs).values() if inspect.isfunction(each)]
GROUPS = {
    "Capabilities": "Capability",
    "The workflow and its steps": "Workflow StepGraph Step Edge Group Collapse Order Granularity",
    "Packages": "Package Manifest PackageFile LockedDistribution Environment",
    "Plans": "Plan Action ActionKind Refusal",
    "Deployments": (
        "DeploymentSpec Schedule StepSettings Overlap Deployment ScheduleState Removed"
    ),
    "Runs": (
        "RunRef Run RunState RunStatus StatusSource StepStatus StepState AttemptStatus"
        " LogLine LogStream Stopped"
    ),
    "Options": (
        "Options PackageOptions PlanOptions DeployOptions RunOptions StopOptions RemoveOptions"
    ),
}
CLI_INTRO = """# Commands

What `--help` prints. Every option may be written with underscores too: `--build_kwargs`.
"""
RULES_HEAD = ("rule", "capability", "what it asks for, and why")
RULES_INTRO = f"""# Rules

What the conformance suite, version {VERSION}, holds an orchestrator to, and the pain that each rule
prevents. [Writing a plugin](writing-a-plugin.md#the-rules) says how to run them. A rule that names
a capability applies to orchestrators that declare it.
"""


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


def hooks_page(current: str) -> str:
    """Write the hook reference; what stands before its heading "Hooks" stays."""
    intro = current.partition("\n## Hooks\n")[0]
    hooks = "".join(f"### `{signature(hook)}`\n{hook_text(hook)}" for hook in HOOKS)
    values = "".join(values_part(title, names.split()) for title, names in GROUPS.items())
    return f"{intro}\n## Hooks\n\n{hooks}{values}".rstrip("\n") + "\n"


def values_part(title: str, names: list[str]) -> str:
    """Write one group of contract values."""
    texts = [f"### `{name}`\n{value_text(getattr(contract, name))}" for name in names]
    return f"## {title}\n\n{''.join(texts)}"


def rules_page() -> str:
    """Write the list of the rules, family by family."""
    families = groupby(rules(), key=lambda rule: rule.family)
    parts = [
        f"## {family}\n\n{table(RULES_HEAD, map(rule_row, each))}" for family, each in families
    ]
    return "\n".join([RULES_INTRO, *parts])


def rule_row(rule: Rule) -> tuple[str, str, str]:
    """Write one rule as a row."""
    needs = code(rule.capability.value) if rule.capability else ""
    return code(rule.name.partition(".")[2]), needs, rule.pain


def cli_page() -> str:
    """Write the reference of the command line."""
    parts = [f"## `{path}`\n\n```text\n{text}\n```\n" for path, text in helps(root, "lolpop")]
    return "\n".join([CLI_INTRO, *parts])


def helps(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, str]]:
    """Yield every command's path and what its `--help` prints at 80 columns."""
    settings: dict[str, Any] = {**command.context_settings, "max_content_width": 80}
    context = click.Context(command, parent, name, terminal_width=80, **settings)
    lines = command.get_help(context).splitlines()
    yield context.command_path, "\n".join(line.rstrip() for line in lines)
    if isinstance(command, click.Group):
        for inner_name in command.list_commands(context):
            inner = command.get_command(context, inner_name)
            assert inner is not None
            yield from helps(inner, inner_name, context)


def main() -> None:
    """Write all pages."""
    hooks = DOCS / "hooks.md"
    hooks.write_text(hooks_page(hooks.read_text("utf-8")), "utf-8")
    (DOCS / "cli.md").write_text(cli_page(), "utf-8")
    (DOCS / "rules.md").write_text(rules_page(), "utf-8")


if __name__ == "__main__":
    main()
