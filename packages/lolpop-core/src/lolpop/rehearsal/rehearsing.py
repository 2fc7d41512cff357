"""Run a workflow both ways, and say whether that makes a difference."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lolpop.contract import Package, Step
from lolpop.deploying.packaging import described
from lolpop.errors import StorageError, UnstorableError
from lolpop.inprocess import Outcome, Source, prepared, run_workflow
from lolpop.package.archive import PROJECT
from lolpop.package.globs import literal
from lolpop.package.standard import package_workflow, storage_of
from lolpop.rehearsal.comparison import Difference
from lolpop.rehearsal.diagnosis import Diagnosis, shown
from lolpop.rehearsal.leftovers import files
from lolpop.rehearsal.plain import Call, Recorder
from lolpop.rehearsal.report import RESULT, Cause, Rehearsal, Row, State, Why
from lolpop.rehearsal.staged import Played, Stage
from lolpop.rehearsal.values import Values
from lolpop.steps.share import share
from lolpop.storage import Store
from lolpop.storage.unstorable import ROOT
from lolpop.workflow.arguments import as_values, bind, configured, parameters_of
from lolpop.workflow.blueprint import Blueprint

_PICKLES = "equal values, but their pickles, and so their digests, are others each time"

_OURS = (Cause.UNSTORABLE, Cause.STORING)
"""Causes that no line of the step's own code is at fault for."""


def rehearse(source: Source, method: str | None, keywords: Mapping[str, Any]) -> Rehearsal:
    """Run a workflow plainly, then as its steps, and compare.

    It is packaged before the plain run, so that no file which that leaves behind gets to the
    steps. Nothing is left in the project's storage.

    Args:
        source: Where the workflow comes from.
        method: The entrypoint, or None for the configured or only one.
        keywords: Its keyword arguments, JSON values or `Typed`; they win over
            `deployment.parameters`.

    Raises:
        LolpopError: The workflow can't be packaged, or the plain run fails.
    """
    environ = dict(os.environ)
    fixed = _absolute(source)
    with (
        TemporaryDirectory(prefix="lolpop-rehearsal-") as room,
        prepared(source, method) as blueprint,
    ):
        package = _packaged(fixed, method, blueprint, Path(room, "storage"))
        rehearsing = _Rehearsing(package, blueprint, Path(room), environ, keywords)
        watch = rehearsing.recorder.watch
        return rehearsing.compared(run_workflow(fixed, method, (), keywords, watch))


def _absolute(source: Source) -> Source:
    """Name the same files from any folder."""

    def absolute(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(str(Path(name).absolute()) for name in names)

    return replace(
        source,
        files=absolute(source.files),
        orchestrator_files=absolute(source.orchestrator_files),
        file=source.file.absolute() if source.file else None,
    )


def _packaged(source: Source, method: str | None, blueprint: Blueprint, storage: Path) -> Package:
    """Package the workflow into a storage of its own; what the capture prints is dropped."""
    folder = blueprint.document.folder
    own = Path(storage_of(blueprint.document))
    exclude = list(blueprint.settings.package.exclude)
    if own.is_relative_to(folder) and own != folder:
        exclude.append(literal(own.relative_to(folder).as_posix()))
    overrides = (f"storage={json.dumps(str(storage))}", f"package.exclude={json.dumps(exclude)}")
    source = replace(source, overrides=(*source.overrides, *overrides))
    with redirect_stdout(io.StringIO()):
        return package_workflow(described(source, method))


class _Rehearsing:
    def __init__(
        self,
        package: Package,
        blueprint: Blueprint,
        room: Path,
        environ: Mapping[str, str],
        keywords: Mapping[str, Any],
    ) -> None:
        self.blueprint = blueprint
        self.graph = package.manifest.graph
        self.folder = blueprint.document.folder
        store = Store(str(room / "storage"))
        function = getattr(blueprint.runner.cls, package.manifest.entrypoint)
        named = as_values(function, keywords)
        given = {**configured(blueprint.document.root, function, environ)[0], **named}
        rooms = room / "plain", room / "steps"
        self.recorder = Recorder(self.graph, store, self.folder, room / "again")
        self.stage = Stage(store, package.digest, given, environ, self.folder)
        self.values = Values(self.graph, store, _converted(function, given), rooms)
        packaged = {file.path.removeprefix(f"{PROJECT}/") for file in package.manifest.files}
        unpackaged = [path for path, _ in files(self.folder) if path not in packaged]
        calls = self.recorder.calls
        self.diagnosis = Diagnosis(self.graph, calls, self.stage, self.values, unpackaged)
        self.outputs: dict[str, str] = {}
        self.first: tuple[str, Why, str] | None = None

    def compared(self, plain: Outcome) -> Rehearsal:
        """Make the steps, and compare them with the plain run."""
        rows: list[Row] = []
        for step in self.graph.steps:
            failed = rows and rows[-1].state in (State.FAILED, State.SKIPPED)
            rows.append(Row(step.name, State.SKIPPED) if failed else self.row(step))
        if self.first is None:
            rows += self.result(plain.result)
        what, why, log = self.first or ("", None, "")
        return Rehearsal(
            label=plain.label,
            rows=tuple(rows),
            share=share(self.blueprint, self.graph),
            what=what,
            why=why,
            log=log,
        )

    def row(self, step: Step) -> Row:
        """Make a step, and compare it with its call in the plain run."""
        played = self.stage.play(step.name)
        call = self.recorder.calls[step.name]
        if played.output is None:
            what = f"step {shown(step)} fails, but not in the plain run: {played.error}"
            self.note(what, lambda: self.diagnosis.of_step(step.name, played, None), played.log)
            return Row(step.name, State.FAILED, played.error)
        self.outputs[step.name] = played.output
        found = self.found(call, played.output)
        if found is None:
            return Row(step.name, State.EQUAL, self.remark(step, call, played))
        said = found.said("plainly", "as a step")
        what = f"step {shown(step)} gives something else than in the plain run: {said}"
        self.note(what, lambda: self.diagnosis.of_step(step.name, played, found))
        return Row(step.name, State.DIFFERS, said)

    def found(self, call: Call, staged: str) -> Difference | None:
        """Compare the outputs of a call and its step."""
        try:
            if isinstance(call.output, UnstorableError):
                raise call.output
            return self.values.compared(call.output, staged)
        except (StorageError, UnstorableError) as error:
            return Difference(ROOT, error.message, "something else")

    def remark(self, step: Step, call: Call, played: Played) -> str:
        """Say what is worth knowing of an output though it is equal."""
        if call.lost:
            return f"its output {call.lost}"
        if call.output == played.output:
            return ""
        return "" if self.stage.attempt(step.name).output == played.output else _PICKLES

    def result(self, plain: Any) -> list[Row]:
        """Compare the results, where all steps are equal; give a row if they differ."""
        try:
            found = self.values.result(plain, self.outputs.__getitem__, self.folder)
            said = found.said("plainly", "as steps") if found else ""
        except StorageError as error:
            said = error.message
        if not said:
            return []
        what = f"the steps give another result than the plain run: {said}"
        self.note(what, self.diagnosis.of_result)
        return [Row(RESULT, State.DIFFERS, said)]

    def note(self, what: str, why: Callable[[], Why], log: str = "") -> None:
        """Note the first difference, and find out why."""
        if self.first is None:
            found = why()
            self.first = what, found, "" if found.cause in _OURS else log


def _converted(function: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the run's parameters as a step does; add the defaults."""
    positional, named = bind(function, [], given)
    known = parameters_of(function)
    values = {name: known[name].default for name in known}
    return {**values, **dict(zip(known, positional, strict=False)), **named}
