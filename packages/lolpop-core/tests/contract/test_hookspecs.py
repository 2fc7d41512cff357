"""The hooks: their names, arguments, documentation and options."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import Any, get_type_hints

import pluggy
import pytest

from lolpop import contract, errors, hookspecs

TABLE = {
    "decorate": ["func", "instance"],
    "package": ["workflow", "options"],
    "plan": ["package", "deployment", "options"],
    "deploy": ["package", "deployment", "options"],
    "run": ["deployment_name", "parameters", "options"],
    "stop": ["deployment_name", "run_id", "options"],
    "status": ["ref"],
    "logs": ["ref", "step", "follow"],
    "runs": ["deployment_name", "active"],
    "deployments": [],
    "remove": ["deployment_name", "options"],
}
HOOKS = [each for each in vars(hookspecs).values() if inspect.isfunction(each)]
every_hook = pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)


def section(hook: Any, title: str) -> str:
    """Give one section of a hook's docstring, or nothing if it has none."""
    found = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", inspect.getdoc(hook) or "", re.MULTILINE)
    return found[1] if found else ""


def entries(text: str) -> list[str]:
    """List the names that a section of a docstring explains."""
    return re.findall(r"^    (\w+): \S", text, re.MULTILINE)


def test_the_hooks_and_their_arguments_are_these() -> None:
    assert {hook.__name__: list(inspect.signature(hook).parameters) for hook in HOOKS} == TABLE


def test_pluggy_takes_all_of_them_for_hooks_of_the_project() -> None:
    manager = pluggy.PluginManager("lolpop")
    manager.add_hookspecs(hookspecs)
    callers = {name: getattr(manager.hook, name) for name in TABLE}
    assert all(caller.spec.opts["firstresult"] for caller in callers.values())
    assert {name: list(caller.spec.argnames) for name, caller in callers.items()} == TABLE
    assert (hookspecs.hookspec.project_name, hookspecs.hookimpl.project_name) == ("lolpop",) * 2


@every_hook
def test_every_hook_is_documented_in_full(hook: Any) -> None:
    prose = " ".join((inspect.getdoc(hook) or "").split())
    assert "Called " in prose
    assert entries(section(hook, "Args")) == TABLE[hook.__name__]
    assert section(hook, "Returns").strip()
    assert section(hook, "Second call").strip()


@every_hook
def test_every_hook_raises_only_errors_that_exist(hook: Any) -> None:
    named = entries(section(hook, "Raises"))
    assert named
    assert all(issubclass(getattr(errors, name), errors.LolpopError) for name in named)


@every_hook
def test_every_hook_says_what_none_means(hook: Any) -> None:
    said = " ".join(section(hook, "Returns").split())
    means = (
        "or None to leave the method as it is." if hook.__name__ == "decorate" else "Never None."
    )
    assert said.endswith(means)


@every_hook
def test_every_annotation_is_a_name_that_exists(hook: Any) -> None:
    import collections.abc
    import typing

    names = {name: getattr(contract, name) for name in contract.__all__}
    hints = get_type_hints(hook, {**vars(typing), **vars(collections.abc), **names})
    assert list(hints) == [*TABLE[hook.__name__], "return"]


@every_hook
def test_no_argument_has_a_default(hook: Any) -> None:
    parameters = inspect.signature(hook).parameters.values()
    assert all(each.default is inspect.Parameter.empty for each in parameters)


def test_the_module_holds_the_markers_and_the_hooks_and_nothing_else() -> None:
    public = {name for name in vars(hookspecs) if name.isidentifier() and name[0] != "_"}
    assert public - TABLE.keys() == {
        "annotations",
        "TYPE_CHECKING",
        "pluggy",
        "hookspec",
        "hookimpl",
    }


def test_importing_the_hooks_imports_no_value() -> None:
    code = (
        "import sys, lolpop.hookspecs; "
        "print([name for name in ('lolpop.contract', 'lolpop.errors') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
