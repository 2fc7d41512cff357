"""What a run is made of: pinned once, for all of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lolpop.contract import RunRef, StepGraph
from lolpop.errors import EngineError
from lolpop.package.opening import read_manifest
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop_dagster.jobfile import NAME, JobFile


def opened(
    file: JobFile, run_id: str, parameters: Mapping[str, Any], parent: str | None
) -> RunRecord:
    """Open the record of a run, made now if it has none; what was pinned first holds.

    A run's tags aren't asked: a re-execution has those of its parent, and a schedule's run those
    of the job as the daemon has seen it last. What runs is built from the file.

    Args:
        file: The deployment's file.
        run_id: The run.
        parameters: Those given for the run.
        parent: The run whose finished steps it doesn't repeat, or None. It goes on with that
            one's package and parameters.
    """
    ref = RunRef(NAME, file.spec.name, run_id)
    runs = Runs(Store(file.spec.storage))
    package, digest, deployed = file.package, file.digest, file.spec.parameters
    before = runs.find(replace(ref, run_id=parent)) if parent else None
    if before:
        package, digest = before.package_digest, before.start.deployment_digest or digest
        deployed = before.parameters
    return runs.open(ref, package, digest, {**deployed, **parameters}, parent)


def refuse_other_steps(file: JobFile, record: RunRecord) -> None:
    """Refuse a run whose package has other steps than its job.

    Raises:
        EngineError: It has.
    """
    if record.package_digest == file.package:
        return
    graph = read_manifest(Store(file.spec.storage), record.package_digest).graph
    if _steps(graph) != _steps(file.graph):
        parent = record.start.parent_run_id
        which = f"run {parent!r}, from which this one goes on," if parent else "this run"
        raise EngineError(
            f"{which} has a package with other steps than the job has by now: start a new run"
        )


def _steps(graph: StepGraph) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(step.name, step.after, step.group) for step in graph.steps]
