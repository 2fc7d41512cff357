"""The records of runs, begun where no step has begun them."""

from __future__ import annotations

from typing import Any

from lolpop.contract import RunRef
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs
from lolpop_airflow.files import DagFile
from lolpop_airflow.generating import NAME


def record_of(file: DagFile, run: Any) -> RunRecord:
    """Give the record of a run, made now if there is none."""
    ref = RunRef(NAME, file.spec.name, run.dag_run_id)
    records = Runs(Store(file.spec.storage))
    given = file.given(run.conf)
    return records.open(ref, file.facts["package"], file.facts["deployment"], given)


def is_recorded(file: DagFile, run_id: str) -> bool:
    """Whether there is a record of a run."""
    ref = RunRef(NAME, file.spec.name, run_id)
    return Runs(Store(file.spec.storage)).find(ref) is not None
