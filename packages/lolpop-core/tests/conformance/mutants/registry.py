"""Which mutant breaks which rule, and how all of them are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from lolpop.testing import Bench
from mutants.engine import LocalHarness

_FAMILIES = Path(__file__).with_name("families")


@dataclass(frozen=True)
class Mutant:
    """An orchestrator that breaks one rule.

    Attributes:
        cls: Its class.
        rule: The rule that it breaks.
        says: A part of what that rule says then.
        harness: What is known of its engine.
        patience: Seconds that the rules wait for its engine.
        settling: Seconds that they wait for what must not happen.
        requires: What its metadata says of the core.
        entries: Further lines of its entry points, which come first.
        name: The name of its entry point.
    """

    cls: type
    rule: str
    says: str
    harness: type[LocalHarness] = LocalHarness
    patience: float = 60.0
    settling: float = 3.0
    requires: str = "lolpop-core>=1,<2"
    entries: str = ""
    name: str = ""

    @property
    def family(self) -> str:
        """The family of the rule that it breaks."""
        return self.rule.partition(".")[0]

    def given(self, folder: Path) -> LocalHarness:
        """Say what is known of its engine, which has a folder."""
        made = self.harness(self.name, folder)
        made.patience, made.settling = self.patience, self.settling
        return made


@contextmanager
def benched(harness: LocalHarness) -> Iterator[Bench]:
    """Give the place where the rules try an engine, and leave nothing there that runs."""
    bench = Bench(harness.name, harness, harness.folder)
    try:
        yield bench
    finally:
        harness.clean(bench._projects)


_known: dict[str, Mutant] = {}


def breaks(rule: str, says: str, **more: Any) -> Callable[[type], type]:
    """Enter a class as the mutant of a rule."""

    def enter(cls: type) -> type:
        if rule in _known:
            raise ValueError(f"{rule!r} has a mutant already: {_known[rule].name}")
        _known[rule] = Mutant(cls, rule, says, **{"name": cls.__name__, **more})
        return cls

    return enter


@cache
def mutants() -> dict[str, Mutant]:
    """Give every mutant by the rule that it breaks."""
    for module in iter_modules([str(_FAMILIES)]):
        import_module(f"mutants.families.{module.name}")
    return dict(_known)


def install(site: Path) -> None:
    """Install every mutant, and the honest engine, as a distribution of its own."""
    for mutant in mutants().values():
        _install(site, mutant.name, mutant.cls, mutant.requires, mutant.entries)
    from mutants.honest import Honest

    _install(site, "Honest", Honest, Mutant.requires)


def _install(site: Path, name: str, cls: type, requires: str, entries: str = "") -> None:
    info = site / f"{name.lower()}-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name.lower()}", "Version: 1.0"]
    lines += [f"Requires-Dist: {requires}"]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    own = f"{name} = {cls.__module__}:{cls.__qualname__}\n"
    (info / "entry_points.txt").write_text(f"[lolpop.orchestrators]\n{entries}{own}")
