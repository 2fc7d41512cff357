"""All that a page shows of a run, gathered from its records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from lolpop.contract import RunRef
from lolpop.deploying.standing import History
from lolpop.errors import NotFoundError, StorageError
from lolpop.execution.masking import HIDDEN, SHOWN_WHOLE, Mask
from lolpop.history.hiding import mask_for, shown_parameters
from lolpop.pictures.report import ArtifactView, RunReport, page
from lolpop.pictures.saving import save
from lolpop.storage import Store, artifacts, reports
from lolpop.storage.artifacts import Artifact
from lolpop.storage.attempts import now
from lolpop.storage.names import encoded
from lolpop.storage.records import RunRecord

_SHOWN = 2_000


def report_of(history: History, record: RunRecord) -> RunReport:
    """Gather what is known of a run; no engine is asked and no pickle is loaded."""
    status = history.status(record)
    found = ((step.name, record.output(step.name)) for step in status.steps)
    outputs = {name: artifact for name, artifact in found if artifact}
    mask = mask_for(history, record)
    return RunReport(
        run=status.run,
        deployment=None,
        graph=history.graph(record),
        status=status,
        parameters=shown_parameters(history, record),
        logs=dict(_logs(record)),
        artifacts={name: _view(history, each, mask) for name, each in outputs.items()},
        package_digest=record.package_digest,
        storage=history.store.shown,
        generated_at=now(),
    )


def report_link(store: Store, ref: RunRef) -> str | None:
    """Write the report of a run to its place; give its link, or None if it has no record."""
    history = History(store)
    record = history.runs.find(ref)
    if record is None:
        return None
    return save(page(report_of(history, record)), place_of(history, record), store)


def place_of(history: History, record: RunRecord) -> Path:
    """Give the file that a run's report goes to: in the storage if that is a folder."""
    place = history.store.local_path(reports.key_of(record.ref))
    return place or Path(f"{encoded(record.ref.run_id)}.html")


def _logs(record: RunRecord) -> Iterator[tuple[tuple[str, int], str]]:
    for step in record.steps():
        for attempt in record.attempts(step.name):
            yield (step.name, attempt.number), attempt.read_log().decode("utf-8", "replace")


def _view(history: History, artifact: Artifact, mask: Mask) -> ArtifactView:
    return ArtifactView(
        type_name=artifact.type_name,
        kind=artifact.kind,
        size=artifact.size,
        digest=artifact.digest,
        preview=_preview(history, artifact, mask),
    )


def _preview(history: History, artifact: Artifact, mask: Mask) -> str:
    """Show a JSON value itself; of anything else, and of secrets, what was noted of it."""
    if artifact.kind != "json" or artifact.size > SHOWN_WHOLE or HIDDEN in artifact.preview:
        return artifact.preview
    try:
        value = artifacts.get(history.store, artifact.digest, Path.cwd())
    except (NotFoundError, StorageError):  # it was pruned, or is damaged
        return artifact.preview
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    text = mask.text(text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
