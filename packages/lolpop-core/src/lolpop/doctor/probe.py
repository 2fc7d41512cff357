"""What the doctor runs in a process of its own: import one plugin and examine it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel

from lolpop.contract.capabilities import Capability
from lolpop.contract.options import Options
from lolpop.doctor.examination import Finding, finding_of
from lolpop.errors import PluginError
from lolpop.lifecycle import extension_of, extension_problems, hook_problems, incomplete_hooks
from lolpop.orchestrator import Orchestrator
from lolpop.plugins import Plugin, load
from lolpop.workflow.integration import kinds_of


def examine(plugin: Plugin) -> Iterator[Finding]:
    """Import a plugin and find what is wrong with it."""
    try:
        found = load(plugin)
    except PluginError as error:
        cause = error.__cause__
        where = _where(cause) if cause else None
        yield Finding(error.message, where or error.hint)
        return
    if plugin.kind == "extension":
        yield from _extension(found, plugin)
    elif kinds_of(found) != plugin.kind:
        wanted = plugin.kind.capitalize()
        yield Finding(f"{plugin.target} isn't a subclass of lolpop.{wanted}", "change its base")
    else:
        yield from _config(found)
        if isinstance(found, type) and issubclass(found, Orchestrator):
            yield from _orchestrator(found, plugin)


def _where(error: BaseException) -> str | None:
    trace, place = error.__traceback__, None
    while trace is not None:
        place = f"raised at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _extension(found: object, plugin: Plugin) -> Iterator[Finding]:
    try:
        made = extension_of(found, plugin.name, plugin.provider)
    except PluginError as error:
        yield finding_of(error)
    else:
        yield from map(finding_of, extension_problems(made, plugin.name, plugin.provider))


def _config(cls: object) -> Iterator[Finding]:
    model = getattr(cls, "Config", None)
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        yield Finding("its Config isn't a pydantic model", "write `class Config(lolpop.Config):`")


def _orchestrator(cls: type[Orchestrator], plugin: Plugin) -> Iterator[Finding]:
    yield from map(finding_of, hook_problems(cls, plugin.name, plugin.provider))
    yield from _options(cls)
    if not isinstance(cls.capabilities, Set):
        hint = "write `capabilities = frozenset({Capability.DECORATION})`, for example"
        yield Finding("its capabilities aren't a set", hint)
        return
    missing = incomplete_hooks(cls)
    if missing:
        yield Finding(
            f"half implemented: {', '.join(missing)} missing",
            "an orchestrator that deploys implements every hook of lolpop.hookspecs",
        )
    declared: Set[object] = cls.capabilities
    unknown = [item for item in declared if not isinstance(item, Capability)]
    if unknown:
        yield Finding(
            f"unknown capabilities: {', '.join(sorted(map(repr, unknown)))}",
            f"known: {', '.join(item.name for item in Capability)}",
        )


def _options(cls: type[Orchestrator]) -> Iterator[Finding]:
    declared: Mapping[str, object] = cls.options
    for verb, model in declared.items():
        known: type[Options] | None = Orchestrator.options.get(verb)
        if known is None:
            verbs = ", ".join(Orchestrator.options)
            yield Finding(f"its options name an unknown verb: {verb!r}", f"known: {verbs}")
        elif not (isinstance(model, type) and issubclass(model, known)):
            message = f"its options of {verb!r} aren't a subclass of {known.__name__}"
            yield Finding(message, f"derive them from lolpop.contract.options.{known.__name__}")


def main() -> None:
    """Write the findings as JSON to the file that the first argument names."""
    answer, plugin = Path(sys.argv[1]), Plugin(**json.loads(sys.argv[2]))
    findings = [asdict(finding) for finding in examine(plugin)]
    partial = answer.with_suffix(".part")
    partial.write_text(json.dumps(findings), encoding="utf-8")
    partial.replace(answer)


if __name__ == "__main__":
    main()
