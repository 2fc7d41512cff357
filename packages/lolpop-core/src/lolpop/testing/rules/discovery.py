"""Being found and loaded: what `pip install` and one line of YAML promise."""

from __future__ import annotations

import inspect
from typing import Any

from packaging.specifiers import SpecifierSet

from lolpop import plugins
from lolpop._version import __version__
from lolpop.errors import LolpopError
from lolpop.lifecycle import hook_problems, incomplete_hooks
from lolpop.orchestrator import Orchestrator
from lolpop.testing.bench import Bench
from lolpop.testing.rule import broken, expect, expect_equal, rule

ORDER = 1


@rule(None)
def is_found_by_its_name(bench: Bench) -> None:
    """Be found by the entry point's name and by its short form.

    Naming the orchestrator in the YAML is all that a user does after `pip install`.
    """
    name = bench.plugin.name
    short = name.removesuffix("Orchestrator").lower()
    for said in (name, short):
        found = plugins.find("orchestrator", said)
        expect_equal(found and found.name, name, f"what the name {said!r} means")


@rule(None)
def loads_as_an_orchestrator(bench: Bench) -> None:
    """Give a subclass of `Orchestrator` whose hooks take the hooks' arguments."""
    cls: Any = bench.cls
    expect(
        inspect.isclass(cls) and issubclass(cls, Orchestrator),
        f"the entry point must name a subclass of lolpop's Orchestrator, it names {cls!r}",
    )
    for problem in hook_problems(cls, bench.orchestrator, bench.plugin.provider):
        broken(problem.message)


@rule(None)
def its_class_has_its_name(bench: Bench) -> None:
    """Call the class what the entry point calls it.

    Deployments and records name the orchestrator by its class: under another name nobody finds
    out again what made them.
    """
    expect_equal(bench.cls.__name__, bench.plugin.name, "the name of the class")


@rule(None)
def implements_what_it_declares(bench: Bench) -> None:
    """Implement every hook that the declared capabilities need.

    A hook that is missing is a verb that fails after everything else has worked.
    """
    missing = incomplete_hooks(bench.cls)
    expect(not missing, f"these hooks are missing: {', '.join(missing)}")


@rule(None)
def names_the_contract_it_was_made_for(bench: Bench) -> None:
    """Require lolpop-core within one major version, this one among them.

    Without an upper bound an old plugin meets a new contract and fails in the middle.
    """
    plugin = bench.plugin
    if plugin.distribution == plugins.CORE:
        return
    major = int(__version__.partition(".")[0])
    said = SpecifierSet(plugin.requires or "")
    expect(
        plugin.requires and not said.contains(f"{major + 1}.0.0", True),
        f"{plugin.provider} must require {plugins.CORE}>={major},<{major + 1}, it says"
        f" {plugin.requires or 'nothing'!r}",
    )
    expect(plugin.fits, f"{plugin.provider} doesn't fit {plugins.CORE} {__version__}")


@rule(None)
def refuses_unknown_config(bench: Bench) -> None:
    """Refuse a key that its config doesn't know, by name.

    A misspelt key that is ignored shows only when the run doesn't do what it should.
    """
    project = bench.project(orchestrator={"config": {"no_such_key_at_all": 1}})
    try:
        _ = project.engine
    except LolpopError as error:
        expect("no_such_key_at_all" in str(error), f"the error must name the key: {error}")
        return
    broken("the key 'no_such_key_at_all' was taken without a word")
