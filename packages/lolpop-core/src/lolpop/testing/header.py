"""One line that says which orchestrator is held to which rules."""

from __future__ import annotations

from lolpop import plugins
from lolpop._version import __version__
from lolpop.contract import Capability
from lolpop.errors import LolpopError
from lolpop.testing.rule import VERSION
from lolpop.testing.suite import OrchestratorSuite


def header(suite: type[OrchestratorSuite], count: int) -> str:
    """Say what a suite will do.

    Args:
        suite: The suite.
        count: How many of its rules were collected.
    """
    name = suite.orchestrator
    said = f"lolpop rules {VERSION}, lolpop-core {__version__}: {name}"
    try:
        plugin = plugins.find("orchestrator", name)
    except LolpopError as error:
        return f"{said}: {error.message}"
    if plugin is None:
        return f"{said}: not installed"
    found = plugins.load(plugin)
    declared: frozenset[Capability] = getattr(found, "capabilities", frozenset())
    lacks = ", ".join(each.value for each in Capability if each not in declared) or "nothing"
    expected = ", ".join(suite.expected_failures) or "none"
    return (
        f"{said} of {plugin.provider}, {count} rules; it doesn't declare {lacks};"
        f" expected to fail: {expected}"
    )
