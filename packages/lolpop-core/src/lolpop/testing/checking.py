"""Hold an orchestrator to the rules without pytest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lolpop.config.annotations import keys_of, rebase
from lolpop.config.writer import values_of
from lolpop.deploying.engine import chosen as chosen_source
from lolpop.errors import LolpopError, PluginError, UsageError, nearest
from lolpop.inprocess import Source
from lolpop.testing.bench import Bench
from lolpop.testing.harness import Harness
from lolpop.testing.judging import Outcome, Verdict, judge
from lolpop.testing.rule import Rule, rules
from lolpop.workflow.check import check_orchestrator


def check(
    orchestrator: str,
    config: Mapping[str, Any],
    wanted: Collection[str] = (),
    told: Callable[[Verdict], None] = lambda verdict: None,
) -> list[Verdict]:
    """Hold an orchestrator to the rules, on an engine that runs already.

    Args:
        orchestrator: Its name, as its entry point gives it.
        config: Its config, as it stands in the YAML.
        wanted: Names of rules or families; all if there are none.
        told: Is called with each verdict as it comes.

    Raises:
        UsageError: There is no such rule or family.
        PluginError: The orchestrator can't be used.
    """
    harness = Harness()
    harness.config = config
    verdicts = []
    with TemporaryDirectory(prefix="lolpop-check-") as folder:
        bench = Bench(orchestrator, harness, Path(folder))
        _ = bench.cls  # one that can't be imported breaks no rule: it is an error
        try:
            for rule in chosen(wanted):
                verdict = _judged(rule, bench)
                told(verdict)
                verdicts.append(verdict)
        finally:
            bench.close()
    return verdicts


def _judged(rule: Rule, bench: Bench) -> Verdict:
    """Judge a rule; an error on the way is no reason to leave the others out."""
    try:
        return judge(rule, bench)
    except (Exception, SystemExit) as error:
        said = error.message if isinstance(error, LolpopError) else str(error)
        return Verdict(rule, Outcome.BROKEN, f"{type(error).__name__}: {said}")


def chosen(wanted: Collection[str]) -> list[Rule]:
    """Give the rules that are wanted, by their names or those of their families.

    Raises:
        UsageError: There is no such rule or family.
    """
    known = {name for rule in rules() for name in (rule.name, rule.family)}
    for name in wanted:
        if name not in known:
            likely = nearest(name, known)
            families = ", ".join(dict.fromkeys(rule.family for rule in rules()))
            hint = f"did you mean {likely!r}?" if likely else f"families: {families}"
            raise UsageError(f"there is no rule {name!r}", hint=hint)
    return [rule for rule in rules() if not wanted or {rule.name, rule.family} & {*wanted}]


def configured(orchestrator: str, source: Source) -> dict[str, Any]:
    """Give an orchestrator's config as a file has it, to stand in another file.

    Paths become absolute, and references to the environment stay references.

    Args:
        orchestrator: Its name, as its entry point gives it.
        source: Where the configuration comes from.

    Raises:
        ConfigError: The orchestrator's part of it is wrong.
    """
    document = chosen_source(source, orchestrator).document()
    try:
        part = check_orchestrator(document)
    except PluginError as error:
        error.place = None  # it is named by the caller, not by the configuration
        raise
    model = getattr(part.cls, "Config", None)
    fields = keys_of(model) if model else {}
    nowhere = document.files[0]  # nothing is beneath a file, so that every path becomes absolute
    nodes = {
        key: rebase(fields[key].annotation if key in fields else Any, node, nowhere)
        for key, node in (part.own | part.options).items()
    }
    return {key: values_of(node) for key, node in nodes.items()}
